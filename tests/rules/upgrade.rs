//! RFC 6455 §4 and §11.3: the heads of an upgrade.

use super::Batch;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// §4.1 and §4.2.1.
#[test]
fn requests() {
    let mut batch = Batch::new(&["header"]);
    let mut row = |request: &str, expected: &[&str]| {
        batch.row(&format!("C> upgrade {request}\nS< 101"), expected.iter().copied());
    };
    for fine in [
        "/",
        "/chat?room=1",
        "http://chat.test/chat",
        "=Upgrade: WebSocket",
        "=Upgrade: WEBSOCKET",
        "=Upgrade: \"h2c, websocket\"",
        "=Connection: upgrade",
        "=Connection: \"keep-alive, Upgrade\"",
        "=Connection: \"keep-alive,UPGRADE\"",
        "=Connection: keep-alive +Connection: Upgrade",
        "-Upgrade +uPGRADE: websocket",
        "+Origin: http://chat.test +Cookie: a=b",
        "=Host: \"\"",
    ] {
        row(fine, &[]);
    }
    for method in ["POST", "PUT", "HEAD", "OPTIONS"] {
        row(&format!("{method} /"), &["upgrade-method-invalid client"]);
    }
    row("/ HTTP/1.0", &["upgrade-http-version client"]);
    for name in ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
        let missing = format!("upgrade-header-missing client header={name}");
        if name == "Sec-WebSocket-Key" {
            // The answer to no key cannot be right, which is not its writer's fault.
            row(&format!("-{name}"), &[&missing]);
        } else {
            row(&format!("-{name}"), &[&missing]);
            row(&format!("+{name}: x"), &[&format!("upgrade-header-duplicate client header={name}")]);
        }
    }
    for name in ["Upgrade", "Connection"] {
        row(
            &format!("-{name}"),
            &[
                &format!("upgrade-header-missing client header={name}"),
                &format!("upgrade-header-stripped client header={name}"),
            ],
        );
        for value in ["x", "\"\"", "xwebsocket", "\"web socket\"", "upgraded", "\"Up grade\""] {
            let expected = format!("upgrade-header-invalid client header={name}");
            row(&format!("={name}: {value}"), &[&expected]);
        }
    }
    for version in ["0", "7", "8", "12", "14", "130", "1.3", "thirteen", "\"13, 8\"", "\"\""] {
        row(&format!("=Sec-WebSocket-Version: {version}"), &["upgrade-version-unsupported client"]);
    }
    // Nothing, 5, 15, 17 and 20 bytes, without its padding, of another alphabet, no base64.
    for key in [
        "\"\"",
        "c2hvcnQ=",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZXM=",
        "dGhlIHNhbXBsZSBub25jZXMgYXI=",
        "dGhlIHNhbXBsZSBub25jZQ",
        "__79_-n__-n__-n__-n__w==",
        "\"the sample nonce\"",
    ] {
        row(&format!("=Sec-WebSocket-Key: {key}"), &["upgrade-key-invalid client"]);
    }
    batch.check();
}

/// §4.1, "the client MUST validate the server's response", and §4.2.2.
#[test]
fn answers() {
    let mut batch = Batch::new(&["header"]);
    let mut row = |answer: &str, expected: &[&str]| {
        batch.row(
            &format!("C> upgrade / =Sec-WebSocket-Key: {KEY}\nS< 101 {answer}"),
            expected.iter().copied(),
        );
    };
    for fine in [
        "",
        "=Upgrade: WebSocket",
        "=Connection: upgrade",
        "=Connection: \"keep-alive, Upgrade\"",
        "+Server: x",
        "=Sec-WebSocket-Accept: \"  s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  \"",
    ] {
        row(fine, &[]);
    }
    row("HTTP/1.0", &["upgrade-http-version server"]);
    for name in ["Upgrade", "Connection"] {
        row(&format!("={name}: x"), &[&format!("upgrade-header-invalid server header={name}")]);
    }
    row("-Sec-WebSocket-Accept", &["upgrade-header-missing server header=Sec-WebSocket-Accept"]);
    for accept in [
        // Of another case, without its padding, of another key, the key itself, nothing.
        "S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        "HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        KEY,
        "\"\"",
    ] {
        row(&format!("=Sec-WebSocket-Accept: {accept}"), &["upgrade-accept-mismatch server"]);
    }
    batch.check();
}

/// §11.3.1 to §11.3.5: what "MUST NOT appear more than once".
#[test]
fn headers_that_stand_once() {
    let mut batch = Batch::new(&["header"]);
    let duplicate = |side, header| [format!("upgrade-header-duplicate {side} header={header}")];
    let key = "Sec-WebSocket-Key";
    batch.row(&format!("C> upgrade / +{key}: {KEY}   S< 101"), duplicate("client", key));
    let version = "Sec-WebSocket-Version";
    batch.row(&format!("C> upgrade / +{version}: 13   S< 101"), duplicate("client", version));
    let accept = "Sec-WebSocket-Accept";
    batch.row(
        &format!(
            "C> upgrade / =Sec-WebSocket-Key: {KEY}   S< 101 +{accept}: \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\""
        ),
        duplicate("server", accept),
    );
    // A request may have several, an answer one.
    let protocol = "Sec-WebSocket-Protocol";
    let offer = format!("C> upgrade / +{protocol}: a +{protocol}: b");
    batch.row(&format!("{offer}   S< 101 +{protocol}: b"), [""; 0]);
    batch.row(&format!("{offer}   S< 101 +{protocol}: a +{protocol}: a"), duplicate("server", protocol));
    // Both may have several: erratum 3433 takes back what §11.3.2 says.
    let extensions = "Sec-WebSocket-Extensions";
    let offer = format!("C> upgrade / +{extensions}: x-a +{extensions}: x-b");
    batch.row(&format!("{offer}   S< 101 +{extensions}: \"x-a, x-b\""), [""; 0]);
    batch.row(&format!("{offer}   S< 101 +{extensions}: x-a +{extensions}: x-b"), [""; 0]);
    batch.check();
}

/// §4.1 and §4.2.2: one of what was offered, or none.
#[test]
fn subprotocols() {
    let mut batch = Batch::new(&[]);
    let unoffered = ["upgrade-subprotocol-unoffered server"];
    for (offer, answer, fine) in [
        ("chat", "chat", true),
        ("\"chat, superchat\"", "superchat", true),
        ("\"chat,superchat\"", "chat", true),
        ("chat +Sec-WebSocket-Protocol: superchat", "superchat", true),
        ("chat", "soap", false),
        ("chat", "Chat", false),
        ("chat", "chatter", false),
        ("\"chat, superchat\"", "\"chat, superchat\"", false),
        ("chat", "\"\"", false),
    ] {
        let script = format!(
            "C> upgrade / +Sec-WebSocket-Protocol: {offer}\nS< 101 +Sec-WebSocket-Protocol: {answer}"
        );
        batch.row(&script, unoffered.into_iter().filter(|_| !fine));
    }
    batch.row("C> upgrade / +Sec-WebSocket-Protocol: chat   S< 101", [""; 0]);
    batch.row("C> upgrade /   S< 101 +Sec-WebSocket-Protocol: chat", unoffered);
    batch.check();
}

/// RFC 9112 §2.2, §5.1, §5.2 and RFC 9110 §5.5: heads that are none.
#[test]
fn malformed_heads() {
    let mut batch = Batch::new(&[]);
    for line in ["Y : z", " folded", "no colon", "Y\\0: z", "Y: \\0", ": z"] {
        batch.row(&format!("C> upgrade / +X: \"1\\r\\n{line}\""), ["upgrade-request-malformed client"]);
        batch.row(
            &format!("C> upgrade /   S< 101 +X: \"1\\r\\n{line}\""),
            ["upgrade-response-malformed server"],
        );
    }
    // An empty line before the request is to be ignored.
    batch.row("C> raw \"\\r\\n\"   C> upgrade /   S< 101", [""; 0]);
    batch.check();
}
