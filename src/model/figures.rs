//! Numbers as people read them.

use std::fmt;

/// A number with a comma between thousands: `1,204`.
#[derive(Clone, Copy, Debug)]
pub struct Thousands(pub u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

/// How many of what: `1 frame`, `1,204 frames`.
#[derive(Clone, Copy, Debug)]
pub struct Count<'a>(pub u64, pub &'a str);

impl fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", Thousands(self.0), self.1, if self.0 == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let told: Vec<String> =
            [0, 999, 1000, 1_204_000, u64::MAX].map(|number| Thousands(number).to_string()).into();
        assert_eq!(told, ["0", "999", "1,000", "1,204,000", "18,446,744,073,709,551,615"]);
        assert_eq!(format!("{:>6}|", Thousands(1000)), " 1,000|");
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(
            [0, 1, 1204].map(|count| Count(count, "byte").to_string()),
            ["0 bytes", "1 byte", "1,204 bytes"]
        );
    }
}
