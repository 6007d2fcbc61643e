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

#[cfg(test)]
mod tests {
    use super::*;
    use squall_platform::sim::World;
    use squall_platform::{Listener, Node, Stream};
    use squall_wire::tls::{Acceptor, ClientStream, Connector, TlsError};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const START_US: u64 = 1_768_003_200_000_000;
    const HOUR: Micros = Micros::from_secs(3_600);

    /// Answers each octet on each connection that comes about.
    fn echo(node: &Node, mut listener: Listener, acceptor: Acceptor) {
        let server = node.clone();
        node.spawn(async move {
            while let Ok(stream) = listener.accept().await {
                let acceptor = acceptor.clone();
                server.spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    while let Ok(octet) = stream.read_u8().await {
                        stream.write_u8(octet).await.unwrap();
                        stream.flush().await.unwrap();
                    }
                });
            }
        });
    }

    async fn call(stream: &mut ClientStream<Stream>) -> u8 {
        stream.write_u8(7).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_u8().await.unwrap()
    }

    fn refusal<T>(result: Result<T, TlsError>) -> String {
        match result {
            Err(TlsError::Untrusted { why, .. }) => why.to_lowercase(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    }

    /// The same on both sides: what counts is the certificate of the moment, its name, its signer.
    async fn certificates_count(server: Node, client: Node, listen: &str) {
        let now_us = server.unix_us();
        let mut authority = Authority::new(now_us, HOUR).unwrap();
        let acceptor = Acceptor::new(&server, &authority.identity("vendor-b").unwrap()).unwrap();
        let listener = server.bind(listen).await.unwrap();
        let address = listener.local_addr();
        echo(&server, listener, acceptor.clone());
        let connector = Connector::new(&client, &authority.certificate()).unwrap();
        let (dialler, address) = (&client, &address);
        let connect = async |connector: &Connector, name: &str| {
            connector.connect(name, dialler.connect(address).await.unwrap()).await
        };
        let mut standing = connect(&connector, "vendor-b").await.unwrap();
        assert_eq!(call(&mut standing).await, 7);
        assert!(refusal(connect(&connector, "vendor-c").await).contains("not valid for name"));
        let stranger = Authority::new(now_us, HOUR).unwrap();
        let stranger = Connector::new(&client, &stranger.certificate()).unwrap();
        refusal(connect(&stranger, "vendor-b").await);

        acceptor.show_expired(true);
        assert!(refusal(connect(&connector, "vendor-b").await).contains("expired"));
        assert_eq!(call(&mut standing).await, 7, "what stands goes on");
        acceptor.show_expired(false);
        assert_eq!(call(&mut connect(&connector, "vendor-b").await.unwrap()).await, 7);
    }

    #[test]
    fn certificates_count_in_the_simulation() {
        World::run(1, START_US, |world| async move {
            certificates_count(world.node("vendor-b"), world.node("gateway-1"), "vendor-b:443")
                .await;
        });
    }

    #[tokio::test]
    async fn certificates_count_on_real_sockets() {
        let folder = tempfile::tempdir().unwrap();
        let node = |name: &str| Node::real(name, folder.path().join(name), 1);
        certificates_count(node("vendor-b"), node("gateway-1"), "127.0.0.1:0").await;
    }

    /// Whose clock says that the run's certificate is not valid any more does not accept it.
    #[test]
    fn it_is_the_nodes_own_clock_that_decides() {
        World::run(1, START_US, |world| async move {
            let (server, client) = (world.node("vendor-b"), world.node("gateway-1"));
            let year_s = 365 * DAY_S;
            let mut early = Authority::new(START_US - year_s * 1_000_000, HOUR).unwrap();
            let acceptor = Acceptor::new(&server, &early.identity("vendor-b").unwrap()).unwrap();
            echo(&server, server.bind("vendor-b:443").await.unwrap(), acceptor);
            let connector = Connector::new(&client, &early.certificate()).unwrap();
            let stream = client.connect("vendor-b:443").await.unwrap();
            assert!(refusal(connector.connect("vendor-b", stream).await).contains("expired"));
        });
    }

    /// Else a limit of octets on a link would not give the same facts twice.
    #[test]
    fn certificates_are_of_one_length_whatever_their_keys() {
        let lengths = |_| {
            let mut authority = Authority::new(START_US, HOUR).unwrap();
            let Identity { valid, expired } = authority.identity("vendor-b").unwrap();
            let pems = [authority.certificate(), valid.certificate, expired.certificate, valid.key];
            pems.map(|pem| pem.len())
        };
        let all: Vec<_> = (0..8).map(lengths).collect();
        assert!(all.iter().all(|lengths| *lengths == all[0]), "{all:?}");
    }

    #[test]
    fn a_key_is_not_shown() {
        let mut authority = Authority::new(START_US, HOUR).unwrap();
        let identity = authority.identity("vendor-b").unwrap();
        let (shown, key) = (format!("{identity:?}"), identity.valid.key.lines().nth(1).unwrap());
        assert!(shown.contains("BEGIN CERTIFICATE") && !shown.contains(key), "{shown}");
    }
}
