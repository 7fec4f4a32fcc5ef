//! Tokens in files that change.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

fn file(folder: &TempDir, name: &str, token: &str) -> TokenSource {
    let path = folder.path().join(name);
    fs::write(&path, token).unwrap();
    TokenSource { name: name.to_owned(), file: Some(path), env: None }
}

fn tokens(sources: &[&TokenSource]) -> Tokens {
    Tokens::load(&Config { tokens: sources.iter().map(|source| (*source).clone()).collect() }).unwrap()
}

fn who(tokens: &Tokens, authorization: &str) -> Result<String, Refused> {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())]);
    tokens.authenticate(&headers).map(|principal| principal.unwrap().subject)
}

fn error(source: TokenSource) -> String {
    Tokens::load(&Config { tokens: vec![source] }).err().unwrap().to_string()
}

#[test]
fn each_token_stands_for_its_name_and_no_other_text_for_any() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = tokens(&[&file(&folder, "alice", "a-secret\n"), &file(&folder, "bob", "b-secret")]);
    assert_eq!(who(&tokens, "Bearer a-secret"), Ok("alice".into()));
    assert_eq!(who(&tokens, "bearer  b-secret"), Ok("bob".into()));
    for wrong in ["Bearer a-secre", "Bearer a-secret2", "Bearer A-SECRET", "Bearer ", "Bearer", "Basic a-secret", ""] {
        assert_eq!(who(&tokens, wrong), Err(Refused::Invalid), "{wrong:?}");
    }
    assert_eq!(tokens.authenticate(&HeaderMap::new()), Err(Refused::Missing));
    let mut twice = HeaderMap::new();
    twice.append(AUTHORIZATION, "Bearer a-secret".parse().unwrap());
    twice.append(AUTHORIZATION, "Bearer b-secret".parse().unwrap());
    assert_eq!(tokens.authenticate(&twice), Err(Refused::Invalid));
}

#[test]
fn without_tokens_it_is_anybody_whatever_is_sent() {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, "Bearer x".parse().unwrap())]);
    assert_eq!(Tokens::default().authenticate(&headers), Ok(None));
}

#[test]
fn a_token_that_is_replaced_or_removed_stops_working_with_the_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let source = file(&folder, "alice", "first-one");
    let tokens = tokens(&[&source]);
    assert!(who(&tokens, "Bearer first-one").is_ok());
    fs::write(source.file.as_ref().unwrap(), "second-one").unwrap();
    assert_eq!(who(&tokens, "Bearer first-one"), Err(Refused::Invalid));
    assert!(who(&tokens, "Bearer second-one").is_ok());
    fs::write(source.file.as_ref().unwrap(), "").unwrap();
    assert_eq!(who(&tokens, "Bearer second-one"), Err(Refused::Invalid), "an empty file has no token");
    fs::write(source.file.as_ref().unwrap(), "third-one").unwrap();
    assert!(who(&tokens, "Bearer third-one").is_ok());
    fs::remove_file(source.file.as_ref().unwrap()).unwrap();
    assert_eq!(who(&tokens, "Bearer third-one"), Err(Refused::Invalid));
}

#[test]
fn a_file_that_cannot_be_read_any_more_keeps_its_token_and_reading_again_is_asked_for_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let source = file(&folder, "alice", "a-secret");
    let tokens = tokens(&[&source]);
    let path = source.file.as_ref().unwrap();
    // A directory in its place: it is there, and no text can be read from it, whoever runs the tests.
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
    assert!(who(&tokens, "Bearer a-secret").is_ok());
    tokens.reload();
    assert!(who(&tokens, "Bearer a-secret").is_ok());
    fs::remove_dir(path).unwrap();
    fs::write(path, "another").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    tokens.reload();
    assert!(who(&tokens, "Bearer another").is_ok());
}

#[test]
fn what_cannot_be_used_at_the_start_is_named_and_its_text_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for (text, why) in [("", "is empty"), (" \n", "is empty"), ("se cret", "more than one"), ("sécret", "characters")]
    {
        let message = error(file(&folder, "alice", text));
        assert!(message.contains("\"alice\"") && message.contains(folder.path().to_str().unwrap()), "{message}");
        assert!(message.contains(why) && !message.contains("cret"), "{message}");
    }
    let missing = TokenSource { name: "bob".into(), file: Some(folder.path().join("none")), env: None };
    assert!(error(missing).contains("none"));
    let unset = TokenSource { name: "bob".into(), file: None, env: Some("PEGBOARD_TEST_NO_SUCH_VARIABLE".into()) };
    assert!(error(unset).contains("PEGBOARD_TEST_NO_SUCH_VARIABLE is empty"));
    for (file, env) in [(None, None), (Some(PathBuf::from("x")), Some("X".to_owned()))] {
        assert!(error(TokenSource { name: "bob".into(), file, env }).contains("`file` or `env`"));
    }
    assert!(error(TokenSource { name: " ".into(), file: None, env: None }).contains("`name`"));
}

#[test]
fn a_variable_holds_a_token_too() {
    // One that is there wherever tests run.
    let tokens = tokens(&[&TokenSource { name: "alice".into(), file: None, env: Some("CARGO_PKG_NAME".into()) }]);
    let value = std::env::var("CARGO_PKG_NAME").unwrap();
    assert_eq!(who(&tokens, &format!("Bearer {value}")), Ok("alice".into()));
}
