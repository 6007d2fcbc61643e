//! The run's own certificate authority: mints what carriers show and what clients trust.
//!
//! Keys are drawn by the operating system and differ from run to run; no fact depends on them. All are
//! Ed25519 and all serial numbers are given, so that every certificate and every handshake is of the
//! same length. Keys reach their node in its configuration and are written nowhere else.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ED25519, SerialNumber,
};
use squall_model::node_config::{Certificate, Identity};
use squall_model::units::Micros;
use std::ops::Range;
use std::time::Duration;

const DAY_S: u64 = 86_400;

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Seconds since the epoch.
    now_s: u64,
    length_s: u64,
    minted: u64,
}

impl Authority {
    /// Of a run that begins at `now_us` and lasts for `length`.
    pub(crate) fn new(now_us: u64, length: Micros) -> Result<Authority, String> {
        let (now_s, length_s) = (now_us / 1_000_000, length.0 / 1_000_000);
        let held = now_s.saturating_sub(60 * DAY_S)..now_s + length_s + 60 * DAY_S;
        let mut params = params("Squall run authority", held, 1);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, key()?).map_err(|e| e.to_string())?;
        Ok(Authority { issuer, now_s, length_s, minted: 1 })
    }

    /// What clients trust, in PEM.
    pub(crate) fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For the server of that name: a certificate that outlasts the run, and one that ran out a day
    /// before it began.
    pub(crate) fn identity(&mut self, name: &str) -> Result<Identity, String> {
        let yesterday = self.now_s.saturating_sub(DAY_S);
        let lasting = yesterday..self.now_s + self.length_s + 30 * DAY_S;
        let over = yesterday.saturating_sub(30 * DAY_S)..yesterday;
        Ok(Identity { valid: self.mint(name, lasting)?, expired: self.mint(name, over)? })
    }

    fn mint(&mut self, name: &str, held: Range<u64>) -> Result<Certificate, String> {
        self.minted += 1;
        let mut params = params(name, held, self.minted);
        params.subject_alt_names =
            CertificateParams::new([name.to_owned()]).map_err(|e| e.to_string())?.subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = key()?;
        let signed = params.signed_by(&key, &self.issuer).map_err(|e| e.to_string())?;
        Ok(Certificate { certificate: signed.pem(), key: key.serialize_pem() })
    }
}

fn key() -> Result<KeyPair, String> {
    KeyPair::generate_for(&PKCS_ED25519).map_err(|error| error.to_string())
}

fn params(name: &str, held: Range<u64>, serial: u64) -> CertificateParams {
    let at = |s: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(s);
    let mut params = CertificateParams::default();
    params.distinguished_name = Default::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (at(held.start), at(held.end));
    // Its length in octets shall not hang on its value.
    params.serial_number = Some(SerialNumber::from_slice(&((1 << 62) | serial).to_be_bytes()));
    params
}
