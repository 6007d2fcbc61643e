//! Files, on both sides; and what is left of them in the simulation after a loss of power.

use crate::sides::{Sides, real, sim};
use proptest::prelude::*;
use squall_platform::sim::{Death, World};
use squall_platform::{Disk, File};
use std::io::ErrorKind;

async fn files(sides: Sides) {
    let disk = sides.server.disk();
    let file = disk.open("log").unwrap();
    assert!(file.is_empty().unwrap());
    file.write_all_at(b"world", 6).unwrap();
    file.write_all_at(b"hello ", 0).unwrap();
    let again = disk.open("log").unwrap();
    assert_eq!(content(&again), b"hello world");
    let past = again.read_exact_at(&mut [0; 4], 8).unwrap_err();
    assert_eq!(past.kind(), ErrorKind::UnexpectedEof);
    again.set_len(5).unwrap();
    again.set_len(7).unwrap();
    assert_eq!(content(&file), b"hello\0\0");
    file.sync().unwrap();
    disk.remove("log").unwrap();
    disk.remove("log").unwrap();
    assert!(disk.open("log").unwrap().is_empty().unwrap());
    for name in ["", "a/b", "..", ".hidden", "a\0b"] {
        assert_eq!(disk.open(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name:?}");
    }
    let other = sides.client.disk().open("log").unwrap();
    other.write_all_at(b"mine", 0).unwrap();
    assert!(disk.open("log").unwrap().is_empty().unwrap());
}

#[test]
fn files_on_the_real_side() {
    real(files);
}

#[test]
fn files_in_the_simulation() {
    sim(files);
}

fn content(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn a_kill_keeps_what_was_written_and_power_only_what_was_synced() {
    World::run(1, 0, |world| async move {
        let write = |disk: Disk| {
            let file = disk.open("log").unwrap();
            file.write_all_at(b"synced", 0).unwrap();
            file.sync().unwrap();
            file.write_all_at(b"SYN and more", 0).unwrap();
        };
        write(world.node("a").disk());
        world.kill("a", Death::Process);
        assert_eq!(content(&world.node("a").disk().open("log").unwrap()), b"SYN and more");
        write(world.node("b").disk());
        world.kill("b", Death::Power);
        assert_eq!(content(&world.node("b").disk().open("log").unwrap()), b"synced");
    });
}

#[test]
fn the_dead_write_nothing() {
    World::run(1, 0, |world| async move {
        let disk = world.node("a").disk();
        let file = disk.open("log").unwrap();
        world.kill("a", Death::Process);
        assert!(file.write_all_at(b"late", 0).is_err());
        assert!(file.sync().is_err());
        assert!(disk.remove("log").is_err());
        assert!(world.node("a").disk().open("log").unwrap().is_empty().unwrap());
    });
}

#[derive(Clone, Debug)]
enum Act {
    Write { at: u64, count: usize, byte: u8 },
    Cut(u64),
    Sync,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0u64..20_000, 0usize..9000, any::<u8>())
            .prop_map(|(at, count, byte)| Act::Write { at, count, byte }),
        2 => (0u64..25_000).prop_map(Act::Cut),
        2 => Just(Act::Sync),
    ];
    proptest::collection::vec(act, 1..40)
}

proptest! {
    /// Against the plainest model: a copy of the whole file at each sync.
    #[test]
    fn power_brings_back_the_last_sync(acts in acts()) {
        World::run(1, 0, |world| async move {
            let file = world.node("a").disk().open("data").unwrap();
            let mut synced = Vec::new();
            let mut now = Vec::new();
            for act in acts {
                match act {
                    Act::Write { at, count, byte } => {
                        file.write_all_at(&vec![byte; count], at).unwrap();
                        let at = usize::try_from(at).unwrap();
                        now.resize(now.len().max(at + count), 0);
                        now[at..at + count].fill(byte);
                    }
                    Act::Cut(len) => {
                        file.set_len(len).unwrap();
                        now.resize(usize::try_from(len).unwrap(), 0);
                    }
                    Act::Sync => {
                        file.sync().unwrap();
                        synced.clone_from(&now);
                    }
                }
            }
            assert!(content(&file) == now, "written bytes differ");
            world.kill("a", Death::Power);
            let left = content(&world.node("a").disk().open("data").unwrap());
            assert!(left == synced, "{} bytes left, {} synced", left.len(), synced.len());
        });
    }
}
