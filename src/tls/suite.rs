//! Cipher suites: what each number of the IANA registry means for reading its records.

/// What encrypts records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cipher {
    /// AES-128 in Galois counter mode (RFC 5288).
    Aes128Gcm,
    /// AES-256 in Galois counter mode.
    Aes256Gcm,
    /// `ChaCha20` with Poly1305 (RFC 7905).
    ChaCha20Poly1305,
    /// AES-128 in CCM mode (RFC 6655).
    Aes128Ccm,
    /// AES-256 in CCM mode.
    Aes256Ccm,
    /// AES-128 in CCM mode with a tag of 8 bytes.
    Aes128Ccm8,
    /// AES-256 in CCM mode with a tag of 8 bytes.
    Aes256Ccm8,
    /// ARIA-128 in Galois counter mode (RFC 6209).
    Aria128Gcm,
    /// ARIA-256 in Galois counter mode.
    Aria256Gcm,
    /// Camellia-128 in Galois counter mode (RFC 6367).
    Camellia128Gcm,
    /// Camellia-256 in Galois counter mode.
    Camellia256Gcm,
    /// AES-128 in CBC mode with a MAC (RFC 5246 §6.2.3.2).
    Aes128Cbc,
    /// AES-256 in CBC mode with a MAC.
    Aes256Cbc,
    /// Camellia-128 in CBC mode with a MAC.
    Camellia128Cbc,
    /// Camellia-256 in CBC mode with a MAC.
    Camellia256Cbc,
    /// ARIA-128 in CBC mode with a MAC.
    Aria128Cbc,
    /// ARIA-256 in CBC mode with a MAC.
    Aria256Cbc,
    /// No encryption, only a MAC.
    Null,
    /// Known by name, not readable: RC4, DES, 3DES, IDEA, SEED.
    Unsupported,
}

/// A hash function: of the MAC in CBC and NULL suites, else of the key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Hash {
    /// Bytes of its output.
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// How the secret was agreed upon, as far as it matters for finding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyExchange {
    /// The client sent the premaster secret encrypted for the server's RSA key: a key log may name it by that.
    Rsa,
    /// Anything else.
    Other,
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its number in the IANA registry.
    pub number: u16,
    /// Its name there.
    pub name: &'static str,
    /// How the secret was agreed upon.
    pub exchange: KeyExchange,
    /// What encrypts records.
    pub cipher: Cipher,
    /// Its hash function.
    pub hash: Hash,
}

impl Suite {
    /// The suite with this number, where it is a known one.
    pub fn of(number: u16) -> Option<&'static Self> {
        let at = SUITES.binary_search_by_key(&number, |suite| suite.number).ok()?;
        SUITES.get(at)
    }

    /// Those of TLS 1.3 (RFC 8446 §B.4).
    pub(super) fn of_tls13() -> impl Iterator<Item = &'static Self> {
        SUITES.iter().filter(|suite| suite.number >> 8 == 0x13)
    }

    /// Those without encryption.
    pub(super) fn without_encryption() -> impl Iterator<Item = &'static Self> {
        SUITES.iter().filter(|suite| suite.cipher == Cipher::Null)
    }

    /// The hash of the key derivation in TLS 1.2 and 1.3: SHA-256 unless the suite says SHA-384 (RFC 5246 §5).
    pub const fn derivation(&self) -> Hash {
        match self.hash {
            Hash::Sha384 => Hash::Sha384,
            Hash::Md5 | Hash::Sha1 | Hash::Sha256 => Hash::Sha256,
        }
    }
}

macro_rules! suites {
    ($($number:literal $name:literal $exchange:ident $cipher:ident $hash:ident;)*) => {
        /// By number.
        static SUITES: &[Suite] = &[$(Suite {
            number: $number,
            name: $name,
            exchange: KeyExchange::$exchange,
            cipher: Cipher::$cipher,
            hash: Hash::$hash,
        },)*];
    };
}

suites! {
    0x0001 "TLS_RSA_WITH_NULL_MD5" Rsa Null Md5;
    0x0002 "TLS_RSA_WITH_NULL_SHA" Rsa Null Sha1;
    0x0004 "TLS_RSA_WITH_RC4_128_MD5" Rsa Unsupported Md5;
    0x0005 "TLS_RSA_WITH_RC4_128_SHA" Rsa Unsupported Sha1;
    0x0007 "TLS_RSA_WITH_IDEA_CBC_SHA" Rsa Unsupported Sha1;
    0x0009 "TLS_RSA_WITH_DES_CBC_SHA" Rsa Unsupported Sha1;
    0x000A "TLS_RSA_WITH_3DES_EDE_CBC_SHA" Rsa Unsupported Sha1;
    0x0016 "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA" Other Unsupported Sha1;
    0x002C "TLS_PSK_WITH_NULL_SHA" Other Null Sha1;
    0x002D "TLS_DHE_PSK_WITH_NULL_SHA" Other Null Sha1;
    0x002E "TLS_RSA_PSK_WITH_NULL_SHA" Other Null Sha1;
    0x002F "TLS_RSA_WITH_AES_128_CBC_SHA" Rsa Aes128Cbc Sha1;
    0x0032 "TLS_DHE_DSS_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x0033 "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x0034 "TLS_DH_anon_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x0035 "TLS_RSA_WITH_AES_256_CBC_SHA" Rsa Aes256Cbc Sha1;
    0x0038 "TLS_DHE_DSS_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x0039 "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x003A "TLS_DH_anon_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x003B "TLS_RSA_WITH_NULL_SHA256" Rsa Null Sha256;
    0x003C "TLS_RSA_WITH_AES_128_CBC_SHA256" Rsa Aes128Cbc Sha256;
    0x003D "TLS_RSA_WITH_AES_256_CBC_SHA256" Rsa Aes256Cbc Sha256;
    0x0040 "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x0041 "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA" Rsa Camellia128Cbc Sha1;
    0x0044 "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA" Other Camellia128Cbc Sha1;
    0x0045 "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA" Other Camellia128Cbc Sha1;
    0x0046 "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA" Other Camellia128Cbc Sha1;
    0x0067 "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x006A "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256" Other Aes256Cbc Sha256;
    0x006B "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" Other Aes256Cbc Sha256;
    0x006C "TLS_DH_anon_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x006D "TLS_DH_anon_WITH_AES_256_CBC_SHA256" Other Aes256Cbc Sha256;
    0x0084 "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA" Rsa Camellia256Cbc Sha1;
    0x0087 "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA" Other Camellia256Cbc Sha1;
    0x0088 "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA" Other Camellia256Cbc Sha1;
    0x0089 "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA" Other Camellia256Cbc Sha1;
    0x008C "TLS_PSK_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x008D "TLS_PSK_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x0090 "TLS_DHE_PSK_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x0091 "TLS_DHE_PSK_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x0094 "TLS_RSA_PSK_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0x0095 "TLS_RSA_PSK_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0x0096 "TLS_RSA_WITH_SEED_CBC_SHA" Rsa Unsupported Sha1;
    0x009C "TLS_RSA_WITH_AES_128_GCM_SHA256" Rsa Aes128Gcm Sha256;
    0x009D "TLS_RSA_WITH_AES_256_GCM_SHA384" Rsa Aes256Gcm Sha384;
    0x009E "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x009F "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00A2 "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x00A3 "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00A6 "TLS_DH_anon_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x00A7 "TLS_DH_anon_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00A8 "TLS_PSK_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x00A9 "TLS_PSK_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00AA "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x00AB "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00AC "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x00AD "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x00AE "TLS_PSK_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x00AF "TLS_PSK_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0x00B0 "TLS_PSK_WITH_NULL_SHA256" Other Null Sha256;
    0x00B1 "TLS_PSK_WITH_NULL_SHA384" Other Null Sha384;
    0x00B2 "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x00B3 "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0x00B4 "TLS_DHE_PSK_WITH_NULL_SHA256" Other Null Sha256;
    0x00B5 "TLS_DHE_PSK_WITH_NULL_SHA384" Other Null Sha384;
    0x00B6 "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0x00B7 "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0x00B8 "TLS_RSA_PSK_WITH_NULL_SHA256" Other Null Sha256;
    0x00B9 "TLS_RSA_PSK_WITH_NULL_SHA384" Other Null Sha384;
    0x00BA "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256" Rsa Camellia128Cbc Sha256;
    0x00BD "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0x00BE "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0x00BF "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0x00C0 "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256" Rsa Camellia256Cbc Sha256;
    0x00C3 "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256" Other Camellia256Cbc Sha256;
    0x00C4 "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256" Other Camellia256Cbc Sha256;
    0x00C5 "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256" Other Camellia256Cbc Sha256;
    0x1301 "TLS_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0x1302 "TLS_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0x1303 "TLS_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0x1304 "TLS_AES_128_CCM_SHA256" Other Aes128Ccm Sha256;
    0x1305 "TLS_AES_128_CCM_8_SHA256" Other Aes128Ccm8 Sha256;
    0xC001 "TLS_ECDH_ECDSA_WITH_NULL_SHA" Other Null Sha1;
    0xC004 "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC005 "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC006 "TLS_ECDHE_ECDSA_WITH_NULL_SHA" Other Null Sha1;
    0xC007 "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA" Other Unsupported Sha1;
    0xC008 "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA" Other Unsupported Sha1;
    0xC009 "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC00A "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC00E "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC00F "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC010 "TLS_ECDHE_RSA_WITH_NULL_SHA" Other Null Sha1;
    0xC011 "TLS_ECDHE_RSA_WITH_RC4_128_SHA" Other Unsupported Sha1;
    0xC012 "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA" Other Unsupported Sha1;
    0xC013 "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC014 "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC015 "TLS_ECDH_anon_WITH_NULL_SHA" Other Null Sha1;
    0xC018 "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC019 "TLS_ECDH_anon_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC01D "TLS_SRP_SHA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC01E "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC01F "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC020 "TLS_SRP_SHA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC021 "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC022 "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC023 "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0xC024 "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0xC025 "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0xC026 "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0xC027 "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0xC028 "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0xC029 "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0xC02A "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0xC02B "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0xC02C "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0xC02D "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0xC02E "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0xC02F "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0xC030 "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0xC031 "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256" Other Aes128Gcm Sha256;
    0xC032 "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384" Other Aes256Gcm Sha384;
    0xC035 "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA" Other Aes128Cbc Sha1;
    0xC036 "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA" Other Aes256Cbc Sha1;
    0xC037 "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" Other Aes128Cbc Sha256;
    0xC038 "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384" Other Aes256Cbc Sha384;
    0xC039 "TLS_ECDHE_PSK_WITH_NULL_SHA" Other Null Sha1;
    0xC03A "TLS_ECDHE_PSK_WITH_NULL_SHA256" Other Null Sha256;
    0xC03B "TLS_ECDHE_PSK_WITH_NULL_SHA384" Other Null Sha384;
    0xC03C "TLS_RSA_WITH_ARIA_128_CBC_SHA256" Rsa Aria128Cbc Sha256;
    0xC03D "TLS_RSA_WITH_ARIA_256_CBC_SHA384" Rsa Aria256Cbc Sha384;
    0xC044 "TLS_DHE_RSA_WITH_ARIA_128_CBC_SHA256" Other Aria128Cbc Sha256;
    0xC045 "TLS_DHE_RSA_WITH_ARIA_256_CBC_SHA384" Other Aria256Cbc Sha384;
    0xC048 "TLS_ECDHE_ECDSA_WITH_ARIA_128_CBC_SHA256" Other Aria128Cbc Sha256;
    0xC049 "TLS_ECDHE_ECDSA_WITH_ARIA_256_CBC_SHA384" Other Aria256Cbc Sha384;
    0xC04C "TLS_ECDHE_RSA_WITH_ARIA_128_CBC_SHA256" Other Aria128Cbc Sha256;
    0xC04D "TLS_ECDHE_RSA_WITH_ARIA_256_CBC_SHA384" Other Aria256Cbc Sha384;
    0xC050 "TLS_RSA_WITH_ARIA_128_GCM_SHA256" Rsa Aria128Gcm Sha256;
    0xC051 "TLS_RSA_WITH_ARIA_256_GCM_SHA384" Rsa Aria256Gcm Sha384;
    0xC052 "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC053 "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC056 "TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC057 "TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC05C "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC05D "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC060 "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC061 "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC06A "TLS_PSK_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC06B "TLS_PSK_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC06C "TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC06D "TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC06E "TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256" Other Aria128Gcm Sha256;
    0xC06F "TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384" Other Aria256Gcm Sha384;
    0xC072 "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC073 "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC076 "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC077 "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC07A "TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256" Rsa Camellia128Gcm Sha256;
    0xC07B "TLS_RSA_WITH_CAMELLIA_256_GCM_SHA384" Rsa Camellia256Gcm Sha384;
    0xC07C "TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256" Other Camellia128Gcm Sha256;
    0xC07D "TLS_DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384" Other Camellia256Gcm Sha384;
    0xC086 "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256" Other Camellia128Gcm Sha256;
    0xC087 "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384" Other Camellia256Gcm Sha384;
    0xC08A "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256" Other Camellia128Gcm Sha256;
    0xC08B "TLS_ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384" Other Camellia256Gcm Sha384;
    0xC094 "TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC095 "TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC096 "TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC097 "TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC098 "TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC099 "TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC09A "TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256" Other Camellia128Cbc Sha256;
    0xC09B "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384" Other Camellia256Cbc Sha384;
    0xC09C "TLS_RSA_WITH_AES_128_CCM" Rsa Aes128Ccm Sha256;
    0xC09D "TLS_RSA_WITH_AES_256_CCM" Rsa Aes256Ccm Sha256;
    0xC09E "TLS_DHE_RSA_WITH_AES_128_CCM" Other Aes128Ccm Sha256;
    0xC09F "TLS_DHE_RSA_WITH_AES_256_CCM" Other Aes256Ccm Sha256;
    0xC0A0 "TLS_RSA_WITH_AES_128_CCM_8" Rsa Aes128Ccm8 Sha256;
    0xC0A1 "TLS_RSA_WITH_AES_256_CCM_8" Rsa Aes256Ccm8 Sha256;
    0xC0A2 "TLS_DHE_RSA_WITH_AES_128_CCM_8" Other Aes128Ccm8 Sha256;
    0xC0A3 "TLS_DHE_RSA_WITH_AES_256_CCM_8" Other Aes256Ccm8 Sha256;
    0xC0A4 "TLS_PSK_WITH_AES_128_CCM" Other Aes128Ccm Sha256;
    0xC0A5 "TLS_PSK_WITH_AES_256_CCM" Other Aes256Ccm Sha256;
    0xC0A6 "TLS_DHE_PSK_WITH_AES_128_CCM" Other Aes128Ccm Sha256;
    0xC0A7 "TLS_DHE_PSK_WITH_AES_256_CCM" Other Aes256Ccm Sha256;
    0xC0A8 "TLS_PSK_WITH_AES_128_CCM_8" Other Aes128Ccm8 Sha256;
    0xC0A9 "TLS_PSK_WITH_AES_256_CCM_8" Other Aes256Ccm8 Sha256;
    0xC0AA "TLS_PSK_DHE_WITH_AES_128_CCM_8" Other Aes128Ccm8 Sha256;
    0xC0AB "TLS_PSK_DHE_WITH_AES_256_CCM_8" Other Aes256Ccm8 Sha256;
    0xC0AC "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" Other Aes128Ccm Sha256;
    0xC0AD "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" Other Aes256Ccm Sha256;
    0xC0AE "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" Other Aes128Ccm8 Sha256;
    0xC0AF "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" Other Aes256Ccm8 Sha256;
    0xCCA8 "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCA9 "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCAA "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCAB "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCAC "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCAD "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
    0xCCAE "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256" Other ChaCha20Poly1305 Sha256;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_say_what_it_says() {
        assert!(SUITES.is_sorted_by_key(|suite| suite.number));
        for suite in SUITES {
            let (name, cipher) = (suite.name, format!("{:?}", suite.cipher).to_uppercase());
            let spelled = name.replace('_', "");
            let known = cipher == "UNSUPPORTED"
                || cipher == "NULL" && name.contains("NULL")
                || spelled.contains(&cipher);
            assert!(known, "{suite:?}");
            assert_eq!(suite.exchange == KeyExchange::Rsa, name.starts_with("TLS_RSA_WITH"), "{suite:?}");
            assert_eq!(suite.hash == Hash::Sha384, name.ends_with("SHA384"), "{suite:?}");
        }
    }

    #[test]
    fn suites_are_found_by_number() {
        assert_eq!(Suite::of(0x1301).map(|suite| suite.name), Some("TLS_AES_128_GCM_SHA256"));
        assert_eq!(Suite::of(0xC030).map(Suite::derivation), Some(Hash::Sha384));
        assert_eq!(Suite::of(0x0A0A), None);
    }
}
