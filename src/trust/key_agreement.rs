//! Key agreement over P-521, which ring does not offer. In TLS 1.2 a server shows a certificate
//! with a P-521 key only to who offers that (RFC 8422, 5.1). It is offered last, so that who can
//! takes another.

use p521::ecdh::diffie_hellman;
use p521::elliptic_curve::sec1::ToEncodedPoint;
use p521::elliptic_curve::zeroize::Zeroizing;
use p521::{PublicKey, SecretKey};
use rustls::crypto::{ActiveKeyExchange, SecureRandom, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// Bytes of a number on the curve.
const BYTES: usize = 66;
/// Of the first byte only one bit belongs to a number.
const FIRST: u8 = 0x01;
/// One number in 2^260 is none that can be taken.
const TRIES: usize = 4;

/// The group, and where its secrets come from.
#[derive(Debug)]
pub(super) struct P521 {
    pub(super) random: &'static dyn SecureRandom,
}

/// Our half, for one connection.
struct Half {
    secret: SecretKey,
    /// As it is sent: uncompressed.
    public: Box<[u8]>,
}

impl SupportedKxGroup for P521 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        for _ in 0..TRIES {
            let mut number = Zeroizing::new([0; BYTES]);
            self.random.fill(&mut *number)?;
            number[0] &= FIRST;
            if let Ok(secret) = SecretKey::from_slice(&*number) {
                let public = secret.public_key().to_encoded_point(false);
                return Ok(Box::new(Half {
                    secret,
                    public: public.as_bytes().into(),
                }));
            }
        }
        Err(Error::FailedToGetRandomBytes)
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

impl ActiveKeyExchange for Half {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // TLS 1.3 and RFC 8422 know the uncompressed form alone
        let public = match peer {
            [0x04, ..] => PublicKey::from_sec1_bytes(peer).ok(),
            _ => None,
        };
        let public = public.ok_or(PeerMisbehaved::InvalidKeyShare)?;
        let shared = diffie_hellman(self.secret.to_nonzero_scalar(), public.as_affine());
        Ok(SharedSecret::from(&shared.raw_secret_bytes()[..]))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn group() -> P521 {
        P521 {
            random: rustls::crypto::ring::default_provider().secure_random,
        }
    }

    #[test]
    fn both_halves_come_to_the_same() {
        let (ours, theirs) = (group().start().unwrap(), group().start().unwrap());
        let (our_key, their_key) = (ours.pub_key().to_vec(), theirs.pub_key().to_vec());
        assert_eq!(our_key.len(), 1 + 2 * BYTES);
        assert_ne!(our_key, their_key);
        let shared = ours.complete(&their_key).unwrap();
        assert_eq!(shared.secret_bytes().len(), BYTES);
        let same = theirs.complete(&our_key).unwrap();
        assert_eq!(shared.secret_bytes(), same.secret_bytes());
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_refused() {
        let key = group().start().unwrap().pub_key().to_vec();
        let mut off = key.clone();
        off[2 * BYTES] ^= 1;
        let compressed = [&[0x02], &key[1..=BYTES]].concat();
        for wrong in [&[][..], &[0x00], &key[..BYTES], &off, &compressed] {
            let refused = group().start().unwrap().complete(wrong);
            assert!(refused.is_err(), "{wrong:?}");
        }
    }
}
