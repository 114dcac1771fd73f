//! Times that leave out their date or year: they are completed from the file, and the report says so.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A race around midnight, as Keycloak on `WildFly` logs it.
const WILDFLY: &str = "\
23:59:59,903 DEBUG [org.keycloak.events] (default task-140) type=REFRESH_TOKEN, realmId=shop, clientId=portal, userId=u-81, ipAddress=192.0.2.3, grant_type=refresh_token
23:59:59,990 WARN  [org.keycloak.events] (default task-141) type=REFRESH_TOKEN_ERROR, realmId=shop, clientId=portal, userId=u-81, ipAddress=192.0.2.4, error=invalid_token, grant_type=refresh_token
00:59:59,100 DEBUG [org.keycloak.events] (default task-142) type=REFRESH_TOKEN, realmId=shop, clientId=portal, userId=u-81, ipAddress=192.0.2.3, grant_type=refresh_token
";

const ANDROID: &str = "\
12-31 23:59:59.480  4312  4371 I TokenManager: Token refresh succeeded for account=u-81
01-01 00:00:00.130  4312  4390 W TokenManager: Token refresh failed for account=u-81: invalid_grant
";

fn run(arguments: &[&str], place: &TempDir) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let output = command.args(arguments).arg("--no-config").current_dir(place.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn times(name: &str, text: &str) -> Vec<String> {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join(name), text).unwrap();
    let events = run(&["events", name], &place);
    let time = |line: &str| serde_json::from_str::<Value>(line).unwrap()["time"].to_string();
    events.lines().map(time).collect()
}

#[test]
fn a_name_tells_the_date_and_midnight_the_next_one() {
    let wanted = ["2021-03-11T23:59:59.903Z", "2021-03-11T23:59:59.990Z", "2021-03-12T00:59:59.100Z"];
    assert_eq!(times("server.log.2021-03-11", WILDFLY), wanted.map(|time| format!("{time:?}")));
    let wanted = ["2021-12-31T23:59:59.480Z", "2022-01-01T00:00:00.130Z"];
    assert_eq!(times("logcat-20211231.txt", ANDROID), wanted.map(|time| format!("{time:?}")));
    assert_eq!(times("logcat-20220101.txt", ANDROID), wanted.map(|time| format!("{time:?}")));
}

#[test]
fn a_log_of_times_of_day_is_diagnosed_and_the_assumption_told() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("server.log"), WILDFLY).unwrap();
    let report: Value = serde_json::from_str(&run(&["--format", "json", "server.log"], &place)).unwrap();
    assert_eq!(report["findings"][0]["rule"], "refresh-race", "{report}");
    assert_eq!(report["summary"]["untimed_events"], 0);
    let notices: Vec<&Value> =
        report["notices"].as_array().unwrap().iter().filter(|notice| notice["code"] == "date-assumed").collect();
    assert_eq!((notices.len(), &notices[0]["count"]), (1, &Value::from(3)));
    // The file was changed just now: nothing in it is later.
    let (first, last) = (report["summary"]["first"].as_str().unwrap(), report["summary"]["last"].as_str().unwrap());
    assert!(first < last && *last <= *chrono::Utc::now().to_rfc3339().as_str(), "{first} {last}");
}
