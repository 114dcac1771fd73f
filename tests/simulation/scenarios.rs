//! The clients of a run: each function drives all accounts of one kind of client.

use crate::clients::{Account, Kind, Place, Reply, Spread, World};
use crate::server::{DAY, EPOCH, HOUR, MINUTE, MS, Micros, Rotation, SECOND, Trouble};
use crate::truth::Story;

/// What the servers' error texts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// One text for spent, revoked and expired alike (Auth0, Okta, Spring).
    Ambiguous,
    /// A text for each (Keycloak, Hydra).
    Explicit,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) rotation: Rotation,
    pub(crate) wording: Wording,
    /// Subjects of the client that many users share.
    pub(crate) neighbours: u64,
    /// Beside every failure of a revoked neighbour another one succeeds within milliseconds; a
    /// log without subjects cannot tell that from a race.
    pub(crate) unlucky: bool,
}

/// A run with every kind of client that can exist under the rotation policy.
pub(crate) fn world(setup: Setup) -> World {
    let mut world = World::new(setup.seed, setup.rotation);
    good(&mut world);
    for (client, spread) in [
        ("threads", Spread::Threads),
        ("processes", Spread::Processes),
        ("hosts", Spread::Hosts),
        ("mixed", Spread::Mixed),
    ] {
        racing(&mut world, client, spread);
    }
    revoked(&mut world, "revoked", setup.wording);
    storming(&mut world, "storm");
    neighbours(&mut world, setup.neighbours, setup.unlucky);
    outage(&mut world);
    misconfigured(&mut world);
    if setup.wording == Wording::Explicit {
        expired(&mut world);
    }
    // Where the old token lives until the new one is used, nobody notices that the new one is lost, or late.
    if ![Rotation::Never, Rotation::UntilUsed].contains(&setup.rotation) {
        forgetful(&mut world);
        // Ambiguous texts cannot tell a stale read that killed the family from a revocation.
        if setup.rotation != Rotation::RevokeFamily || setup.wording == Wording::Explicit {
            stale(&mut world);
        }
    }
    // Only the server's word tells a thief from a revocation or a stale read.
    if setup.rotation != Rotation::Never && setup.wording == Wording::Explicit {
        stolen(&mut world);
    }
    if matches!(setup.rotation, Rotation::Grace(_) | Rotation::UntilUsed) {
        overwriting(&mut world);
    }
    world.entries.sort_by_key(|entry| (entry.at, entry.request));
    world
}

fn accounts(world: &mut World, client: &'static str, count: u64, workers: (u64, Spread)) -> Vec<Account> {
    (0..count)
        .map(|number| {
            let at = EPOCH + world.rng.between(0, 40 * MINUTE);
            world.account(client, &format!("{client}-user-{number}"), workers, at)
        })
        .collect()
}

/// Single flight: one refresh per lifetime.
pub(crate) fn good(world: &mut World) {
    for mut account in accounts(world, "good", 3, (3, Spread::Threads)) {
        for _ in 0..6 {
            world.good_cycle(&mut account);
        }
    }
}

/// Every worker reads the shared token at expiry and refreshes; most cycles race.
pub(crate) fn racing(world: &mut World, client: &'static str, spread: Spread) {
    let workers = world.rng.between(2, 5);
    for mut account in accounts(world, client, 2, (workers, spread)) {
        for cycle in 0..7 {
            if cycle > 0 && cycle < 6 && world.rng.chance(60) {
                race(world, &mut account);
            } else {
                world.good_cycle(&mut account);
            }
        }
    }
}

/// One race and what follows from it under the server's policy.
pub(crate) fn race(world: &mut World, account: &mut Account) {
    let story = (Story::Raced, world.incident());
    let spent = account.stored;
    let calls: Vec<(Micros, usize)> =
        (0..account.workers.len()).map(|worker| (account.due + world.rng.between(2 * MS, 120 * MS), worker)).collect();
    let replies = world.send(account, &calls, spent, story);
    let winners: Vec<&Reply> = replies.iter().filter(|reply| reply.result.is_ok()).collect();
    let newest = winners.last().expect("somebody wins");
    account.stored = newest.result.expect("a winner has a token");
    let losers: Vec<Reply> = replies.iter().filter(|reply| reply.result.is_err()).copied().collect();
    if winners.len() > 1 {
        world.expect(account.client, "duplicate-refresh");
    }
    world.schedule(account, newest.at);
    for loser in &losers {
        // The others re-read the store and go on with the winner's token.
        if world.rng.chance(30) {
            world.retries(account, (loser.at, loser.worker), spent, story);
        }
    }
    if !losers.is_empty() && world.server.rotation == Rotation::RevokeFamily {
        dead_family(world, account, story);
    }
}

/// The winner's token is dead too: the next cycle fails, and then the user signs in again.
fn dead_family(world: &mut World, account: &mut Account, story: (Story, usize)) {
    let worker = world.any_worker(account);
    let reply = world.send(account, &[(account.due, worker)], account.stored, story)[0];
    let last = world.retries(account, (reply.at, worker), account.stored, story);
    let at = last + world.rng.between(MINUTE, 20 * MINUTE);
    world.sign_in(account, at);
}

/// Never stores what rotation gives: the cycle after each sign-in works, the next one fails.
pub(crate) fn forgetful(world: &mut World) {
    for mut account in accounts(world, "forgetful", 2, (1, Spread::Threads)) {
        for _ in 0..3 {
            let kept = account.stored;
            world.good_cycle(&mut account);
            account.stored = kept;
            let story = (Story::Forgotten, world.incident());
            let reply = world.send(&account, &[(account.due, 0)], kept, story)[0];
            let last = world.retries(&account, (reply.at, 0), kept, story);
            let at = last + world.rng.between(MINUTE, 10 * MINUTE);
            world.sign_in(&mut account, at);
        }
        world.good_cycle(&mut account);
    }
}

/// A replica serves the old token once, seconds after a good refresh.
pub(crate) fn stale(world: &mut World) {
    let least = if let Rotation::Grace(grace) = world.server.rotation { grace } else { 0 };
    for mut account in accounts(world, "stale", 2, (2, Spread::Hosts)) {
        // The host that reads stale has refreshed well before: from an unknown place it would be a theft.
        let due = account.due;
        world.refresh(&mut account, due, 1, (Story::Plain, 0));
        for cycle in 0..6 {
            let old = account.stored;
            let done = world.good_cycle(&mut account);
            if cycle % 2 == 0 {
                continue;
            }
            let story = (Story::Stale, world.incident());
            let late = done + least + world.rng.between(2 * SECOND, 25 * SECOND);
            world.send(&account, &[(late, 1)], old, story);
            if world.server.rotation == Rotation::RevokeFamily {
                dead_family(world, &mut account, story);
            }
        }
        world.good_cycle(&mut account);
    }
}

/// A thief tries a copy of the token, that is some cycles old, between two refreshes.
pub(crate) fn stolen(world: &mut World) {
    for mut account in accounts(world, "stolen", 2, (2, Spread::Threads)) {
        let copy = account.stored;
        for _ in 0..world.rng.between(2, 5) {
            world.good_cycle(&mut account);
        }
        let mut thief = account.clone();
        thief.workers = vec![Place { host: 66, process: 4_711, thread: 1 }];
        let story = (Story::Stolen, world.incident());
        let at = account.due - world.rng.between(20, 50) * MINUTE;
        let reply = world.send(&thief, &[(at, 0)], copy, story)[0];
        if world.rng.chance(50) {
            world.retries(&thief, (reply.at, 0), copy, story);
        }
        if world.server.rotation == Rotation::RevokeFamily {
            dead_family(world, &mut account, story);
        }
        world.good_cycle(&mut account);
        world.good_cycle(&mut account);
    }
}

/// Under grace both racers succeed, and the one whose token was superseded writes the store last.
pub(crate) fn overwriting(world: &mut World) {
    for mut account in accounts(world, "overwriting", 2, (2, Spread::Processes)) {
        for _ in 0..3 {
            world.good_cycle(&mut account);
            let story = (Story::Overwritten, world.incident());
            let calls = [(account.due, 0), (account.due + world.rng.between(2 * MS, 100 * MS), 1)];
            let replies = world.send(&account, &calls, account.stored, story);
            account.stored = replies[0].result.expect("grace lets both through");
            world.schedule(&mut account, replies[1].at);
            let reply = world.send(&account, &[(account.due, 0)], account.stored, story)[0];
            let last = world.retries(&account, (reply.at, 0), account.stored, story);
            let at = last + world.rng.between(MINUTE, 10 * MINUTE);
            world.sign_in(&mut account, at);
        }
        world.good_cycle(&mut account);
    }
    world.expect("overwriting", "duplicate-refresh");
}

/// The user or an administrator takes the grant away; the client tries on for some cycles.
pub(crate) fn revoked(world: &mut World, client: &'static str, wording: Wording) {
    for mut account in accounts(world, client, 4, (2, Spread::Threads)) {
        for _ in 0..world.rng.between(2, 5) {
            world.good_cycle(&mut account);
        }
        let at = account.due - world.rng.between(5 * MINUTE, 50 * MINUTE);
        world.server.revoke(account.stored, at);
        if wording == Wording::Explicit && world.rng.chance(50) {
            world.note(&account, 0, (at, at), Kind::Revoked);
        }
        let last = dead_cycles(world, &mut account);
        if world.rng.chance(50) {
            let at = last + world.rng.between(HOUR, 3 * HOUR);
            world.sign_in(&mut account, at);
            world.good_cycle(&mut account);
            world.good_cycle(&mut account);
        }
    }
}

fn dead_cycles(world: &mut World, account: &mut Account) -> Micros {
    let story = (Story::Plain, world.incident());
    let mut last = account.due;
    for _ in 0..world.rng.between(1, 3) {
        let worker = world.any_worker(account);
        let reply = world.send(account, &[(account.due, worker)], account.stored, story)[0];
        last = world.retries(account, (reply.at, worker), account.stored, story);
        account.due += HOUR;
    }
    last
}

/// After a revocation the client hammers the endpoint without back-off.
pub(crate) fn storming(world: &mut World, client: &'static str) {
    for mut account in accounts(world, client, 2, (1, Spread::Threads)) {
        for _ in 0..3 {
            world.good_cycle(&mut account);
        }
        world.server.revoke(account.stored, account.due - 10 * MINUTE);
        let story = (Story::Plain, world.incident());
        // 150 ms: less than the window from one retry to the next, and yet no cluster.
        let pause = *world.rng.pick(&[150 * MS, SECOND]);
        let mut at = account.due;
        for _ in 0..60 {
            at = world.send(&account, &[(at + pause, 0)], account.stored, story)[0].at;
        }
    }
    world.expect(client, "retry-storm");
}

/// Many users of one client refresh at random times, and a few are revoked. Needs ten subjects at least.
pub(crate) fn neighbours(world: &mut World, subjects: u64, unlucky: bool) {
    let client = "neighbours";
    let revoked = (subjects / 200).max(2);
    let mut phases: Vec<Micros> = (0..subjects).map(|_| world.rng.between(0, 58 * MINUTE)).collect();
    for number in 0..if unlucky { revoked } else { 0 } {
        let (neighbour, gone) = (index(number + revoked), index(number));
        phases[neighbour] = phases[gone] + world.rng.between(0, 60 * MS);
    }
    for (number, phase) in phases.into_iter().enumerate() {
        let mut account = world.account(client, &format!("n-{number}"), (1, Spread::Threads), EPOCH + phase);
        let mut at = EPOCH + phase;
        for _ in 0..3 {
            at += 59 * MINUTE;
            world.refresh(&mut account, at, 0, (Story::Plain, 0));
        }
        if number < index(revoked) {
            world.server.revoke(account.stored, at + MINUTE);
            let story = (Story::Plain, world.incident());
            for _ in 0..2 {
                at += 59 * MINUTE;
                let reply = world.send(&account, &[(at, 0)], account.stored, story)[0];
                world.retries(&account, (reply.at, 0), account.stored, story);
            }
        } else {
            for _ in 0..2 {
                at += 59 * MINUTE;
                world.refresh(&mut account, at, 0, (Story::Plain, 0));
            }
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("small")
}

/// The endpoint is away for 20 minutes; afterwards everything goes on.
pub(crate) fn outage(world: &mut World) {
    let client = "outage";
    let from = EPOCH + 3 * HOUR;
    world.server.troubles.push((client, from..from + 20 * MINUTE, Trouble::Outage));
    trouble(world, client, from + 20 * MINUTE);
}

/// Somebody changes the client secret at the provider, and two hours later in the client.
pub(crate) fn misconfigured(world: &mut World) {
    let client = "misconfigured";
    let from = EPOCH + 3 * HOUR;
    world.server.troubles.push((client, from..from + 2 * HOUR, Trouble::WrongSecret));
    trouble(world, client, from + 2 * HOUR);
}

/// Accounts that live through a trouble of the endpoint and retry every few minutes.
fn trouble(world: &mut World, client: &'static str, until: Micros) {
    for mut account in accounts(world, client, 4, (1, Spread::Threads)) {
        let story = (Story::Plain, world.incident());
        while account.due < until + 2 * HOUR {
            let due = account.due;
            if world.refresh(&mut account, due, 0, story).is_none() {
                account.due += 2 * MINUTE + world.rng.between(0, 3 * MINUTE);
            }
        }
    }
}

/// The integration sleeps longer than the server keeps unused tokens.
pub(crate) fn expired(world: &mut World) {
    for mut account in accounts(world, "expired", 2, (1, Spread::Threads)) {
        world.good_cycle(&mut account);
        world.good_cycle(&mut account);
        account.due += 15 * DAY;
        let story = (Story::Plain, world.incident());
        let reply = world.send(&account, &[(account.due, 0)], account.stored, story)[0];
        let last = world.retries(&account, (reply.at, 0), account.stored, story);
        world.sign_in(&mut account, last + HOUR);
        world.good_cycle(&mut account);
    }
}
