//! `admd export` and `--overwrite`: only what is of the same kind is ever replaced.
#![cfg(unix)]

mod cli_support;

use cli_support::*;
use std::os::unix::fs::symlink;

fn read(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.path(name)).unwrap()
}

/// A folder with a short trajectory, `melt.h5md`.
fn melted() -> Folder {
    let folder = Folder::new().with("melt.toml", MELT);
    folder.run(0, &["simulate", "melt.toml"]);
    folder
}

#[test]
fn a_trajectory_replaces_only_trajectories() {
    let text = MELT.replace("melt.h5md", "melt.toml");
    let folder = Folder::new().with("melt.toml", &text);
    let run = folder.run(1, &["simulate", "melt.toml", "--overwrite"]);
    assert!(run.err.contains("not an HDF5 file"), "{}", run.err);
    assert_eq!(read(&folder, "melt.toml"), text.as_bytes());
}

#[test]
fn text_replaces_only_xyz() {
    let folder = melted();
    let before = read(&folder, "melt.h5md");
    symlink("melt.h5md", folder.path("link.h5md")).unwrap();
    let cases = [
        ("melt.h5md", "the file that is read"),
        ("link.h5md", "the file that is read"),
        ("melt.toml", "not XYZ text"),
        (".", "folder"),
    ];
    for (target, words) in cases {
        let run = folder.run(1, &["export", "melt.h5md", target, "--overwrite"]);
        assert!(run.err.contains(words), "{target}: {}", run.err);
    }
    assert_eq!(read(&folder, "melt.h5md"), before);
    assert_eq!(read(&folder, "melt.toml"), MELT.as_bytes());
    let run = folder.run(1, &["export", "melt.h5md", "missing/out.extxyz"]);
    assert!(
        run.err.contains("missing/out.extxyz") && !run.err.contains(".admd-"),
        "{}",
        run.err
    );
}

#[test]
fn links_are_followed_and_streams_are_written_to() {
    let folder = melted().with("old.extxyz", "0\n\n");
    symlink("old.extxyz", folder.path("link.extxyz")).unwrap();
    symlink("nowhere", folder.path("dangling.extxyz")).unwrap();
    folder.run(0, &["export", "melt.h5md", "link.extxyz", "--overwrite"]);
    assert!(folder.path("link.extxyz").is_symlink());
    let text = read(&folder, "old.extxyz");
    assert!(text.starts_with(b"108\n"));
    folder.run(1, &["export", "melt.h5md", "dangling.extxyz", "--overwrite"]);

    let run = folder.run(0, &["export", "melt.h5md", "-"]);
    assert_eq!(run.out.as_bytes(), text);
    assert!(!folder.path("-").exists());

    let pipe = folder.path("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let listener = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read(pipe).unwrap())
    };
    folder.run(0, &["export", "melt.h5md", "pipe", "--overwrite"]);
    assert_eq!(listener.join().unwrap(), text);
    let kind = std::fs::symlink_metadata(&pipe).unwrap().file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind));
}
