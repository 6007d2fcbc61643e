//! The durable map against a plain one, over checkpoints, deaths and torn writes.

use bytes::Bytes;
use proptest::prelude::*;
use squall_platform::Node;
use squall_platform::sim::{Death, World};
use squall_role::store::Store;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Put(u128, Vec<u8>),
    Remove(u128),
    Commit(bool),
    Checkpoint,
    Reopen,
    LosePower,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u128..20, proptest::collection::vec(any::<u8>(), 0..50)).prop_map(|(k, v)| Step::Put(k, v)),
        4 => (0u128..20).prop_map(Step::Remove),
        3 => any::<bool>().prop_map(Step::Commit),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Reopen),
        1 => Just(Step::LosePower),
    ]
}

fn contents(store: &Store) -> BTreeMap<u128, Bytes> {
    store.sids(None).map(|sid| (sid, store.get(sid).unwrap().unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn it_holds_what_was_committed(steps in proptest::collection::vec(step(), 1..60)) {
        World::run(1, 0, |world| async move {
            let mut store = Store::open(&world.node("n").disk(), "t").unwrap();
            let (mut now, mut written, mut synced) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Put(sid, value) => {
                        store.put(sid, value.clone().into());
                        now.insert(sid, Bytes::from(value));
                    }
                    Step::Remove(sid) => {
                        store.remove(sid);
                        now.remove(&sid);
                    }
                    Step::Commit(sync) => {
                        store.commit(sync).unwrap();
                        written = now.clone();
                        if sync {
                            synced = now.clone();
                        }
                    }
                    Step::Checkpoint => {
                        store.commit(true).unwrap();
                        store.checkpoint().unwrap();
                        (written, synced) = (now.clone(), now.clone());
                    }
                    Step::Reopen => {
                        drop(store);
                        world.kill("n", Death::Process);
                        store = Store::open(&world.node("n").disk(), "t").unwrap();
                        // What a store reads back at its start it syncs before building upon it.
                        (now, synced) = (written.clone(), written.clone());
                    }
                    Step::LosePower => {
                        drop(store);
                        world.kill("n", Death::Power);
                        store = Store::open(&world.node("n").disk(), "t").unwrap();
                        let kept = contents(&store);
                        // At least what was synced, at most what was written.
                        assert!(kept == synced || kept == written, "{kept:?}");
                        (now, written, synced) = (kept.clone(), kept.clone(), kept);
                    }
                }
                assert_eq!(contents(&store), now);
                assert_eq!(store.len(), now.len());
            }
        });
    }
}

#[test]
fn a_torn_end_is_cut_off_and_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Node::real("n", dir.path().to_owned(), 1).disk();
    let mut store = Store::open(&disk, "t").unwrap();
    for sid in 0..3u128 {
        store.put(sid, Bytes::from(vec![7; 100]));
        store.commit(true).unwrap();
    }
    drop(store);
    let journal = disk.open("t.journal").unwrap();
    let whole = journal.len().unwrap();
    for cut in [1, 60, 100] {
        journal.set_len(whole - cut).unwrap();
        let mut store = Store::open(&disk, "t").unwrap();
        assert_eq!(store.sids(None).collect::<Vec<_>>(), [0, 1]);
        store.put(2, Bytes::from(vec![7; 100]));
        store.commit(true).unwrap();
        assert_eq!(journal.len().unwrap(), whole);
    }
}
