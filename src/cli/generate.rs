//! `completions` and `man`: made from the same definitions as the help.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Done, print};
use crate::{Error, IoResultExt as _, whole_file};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mosaicist completions bash > ~/.local/share/bash-completion/completions/mosaicist")]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Done {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "mosaicist", &mut text);
        print(&String::from_utf8_lossy(&text))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mosaicist man -o ~/.local/share/man/man1")]
pub(super) struct Man {
    /// The folder for mosaicist.1 and the page of each command; it must exist.
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace pages that are there.
    #[arg(long)]
    overwrite: bool,
}

impl Man {
    pub(super) fn run(&self) -> Done {
        let mut root = Cli::command();
        root.build();
        let mut pages = Vec::new();
        for command in std::iter::once(&root).chain(root.get_subcommands()) {
            let name = command.get_display_name().unwrap_or("mosaicist").replace(' ', "-");
            let mut page = Vec::new();
            clap_mangen::Man::new(command.clone()).render(&mut page).at(&self.out)?;
            pages.push((self.out.join(format!("{name}.1")), page));
        }
        if let Some((path, _)) = pages.iter().find(|(path, _)| !self.overwrite && path.symlink_metadata().is_ok()) {
            return Err(Error::limit("already exists; give --overwrite to replace it").at(path).into());
        }
        for (path, page) in pages {
            whole_file::write(&path, |file| file.write_all(&page))?;
        }
        Ok(())
    }
}
