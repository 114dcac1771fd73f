//! `tokscan completions` and `tokscan man`: what packagers and shells want, made from the options themselves.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use clap::CommandFactory;
use clap_mangen::Man;

use super::Exit;
use super::args::{Cli, CompletionsArgs, ManArgs};
use super::output::to_stdout;
use super::rulebook::closest;

/// A script that completes commands, options and their values.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tokscan", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Clean)
}

/// The page of the program or of a command, or all of them into a folder.
pub(super) fn man(args: &ManArgs) -> Result<Exit> {
    let mut cli = Cli::command();
    cli.build();
    if let Some(folder) = &args.dir {
        return all_pages(&cli, folder);
    }
    let page = match &args.command {
        None => page_of(&cli),
        Some(name) => {
            let command = cli.find_subcommand(name).ok_or_else(|| {
                let near = closest(name, cli.get_subcommands().map(clap::Command::get_name));
                anyhow!("no command '{name}'{}", near.map_or(String::new(), |near| format!("; did you mean '{near}'?")))
            })?;
            page_of(command)
        }
    };
    let page = page?;
    to_stdout(|out| out.write_all(&page))?;
    Ok(Exit::Clean)
}

fn page_of(command: &clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).context("cannot render the page")?;
    Ok(page)
}

/// `tokscan.1` and one page for each command.
fn all_pages(cli: &clap::Command, folder: &Path) -> Result<Exit> {
    let write = |title: &str, command: &clap::Command| -> Result<()> {
        let path = folder.join(format!("{title}.1"));
        let page = page_of(command)?;
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    write("tokscan", cli)?;
    let mut pages = 1;
    for command in cli.get_subcommands().filter(|command| !command.is_hide_set()) {
        write(&format!("tokscan-{}", command.get_name()), command)?;
        pages += 1;
    }
    to_stdout(|out| -> io::Result<()> { writeln!(out, "wrote {pages} pages to {}", folder.display()) })?;
    Ok(Exit::Clean)
}
