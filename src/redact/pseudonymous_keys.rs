//! Secrets of wsight's own in the place of those that opened a TLS session. They follow from numbers, as all pseudonyms do:
//! nothing leads from them to the real ones.

use super::names::Names;
use crate::tls::{Label, LineOwner, Origin, Random, Seal, Sealer, Secret, Secrets};

/// The pseudonymous secrets of a session.
pub(super) struct PseudonymousKeys<'n> {
    pub(super) names: &'n mut Names,
    secrets: &'n Secrets,
    /// The randoms by which key logs may name its secrets, as they were captured.
    pub(super) randoms: Vec<Random>,
    made: Secrets,
    reached: Option<ReachedSecret>,
}

/// The latest secret of a direction, of which every update makes another one.
struct ReachedSecret {
    random: Random,
    label: Label,
    generation: u32,
    secret: Secret,
}

impl<'n> PseudonymousKeys<'n> {
    /// Those in the place of some of these `secrets`.
    pub(super) fn new(names: &'n mut Names, secrets: &'n Secrets) -> Self {
        Self { names, secrets, randoms: Vec::new(), made: Secrets::default(), reached: None }
    }

    /// What seals records in the place of those that `seal` sealed.
    pub(super) fn sealer(&mut self, seal: &Seal<'_>) -> Option<Sealer> {
        let secret = seal.random().zip(seal.label()).and_then(|of| self.secret(seal, of));
        let Self { names, .. } = self;
        seal.sealer(secret.as_ref(), &mut |random| renamed(names, random))
    }

    /// The secret in the place of the one that `seal` had, which key logs name like this.
    fn secret(&mut self, seal: &Seal<'_>, (random, label): (Random, Label)) -> Option<Secret> {
        let is_earlier = |reached: &ReachedSecret| {
            (reached.random, reached.label) == (random, label) && reached.generation <= seal.generation()
        };
        let reached = self.reached.take().filter(is_earlier);
        let mut reached = if let Some(reached) = reached {
            reached
        } else {
            let secret = self.add(random, label, &seal.secret(self.secrets)?);
            ReachedSecret { random, label, generation: 0, secret }
        };
        while reached.generation < seal.generation() {
            reached.secret = seal.successor(&reached.secret);
            reached.generation += 1;
        }
        let secret = reached.secret.clone();
        self.reached = Some(reached);
        Some(secret)
    }

    /// The lines of a key log with what opens as much as the captured secrets do. Where these do not fit, the others do not,
    /// either.
    pub(super) fn lines(mut self) -> String {
        for random in self.randoms.clone() {
            let known = self.secrets.about(&random);
            for label in Label::ALL {
                if let Some(entry) = known.with(label).next() {
                    self.add(random, label, &entry.secret);
                }
            }
        }
        let Self { names, randoms, made, .. } = self;
        let lines = randoms
            .into_iter()
            .map(|random| made.lines(&LineOwner::Connection(Random(renamed(names, random.0)))).to_string());
        lines.collect()
    }

    /// Takes what stands for this secret, and returns it.
    fn add(&mut self, random: Random, label: Label, secret: &Secret) -> Secret {
        if !self.randoms.contains(&random) {
            self.randoms.push(random);
        }
        let pseudonym = Secret::new(&self.names.bytes(secret.bytes()));
        let random = Random(renamed(self.names, random.0));
        self.made.add(random, label, pseudonym.clone(), Origin::Capture);
        pseudonym
    }
}

/// What stands for a random.
fn renamed(names: &mut Names, random: [u8; 32]) -> [u8; 32] {
    names.bytes(&random).try_into().unwrap_or_default()
}
