//! Parameters.

use aws_sdk_ssm::types::ParameterType;
use fastcart_hcl::driver::FailureKind;
use serde_json::json;

use crate::play::Play;

#[tokio::test]
async fn parameters_are_read_in_one_call() {
    let play = Play::new().await;
    let parameters = [
        ("/test/text", ParameterType::String, "plain"),
        ("/test/list", ParameterType::StringList, "a,b"),
        ("/test/secret", ParameterType::SecureString, "hidden"),
    ];
    for (name, kind, value) in &parameters {
        let call = play.aws().ssm().put_parameter().name(*name).value(*value).r#type(kind.clone());
        call.send().await.unwrap();
    }
    let read = |name: &'static str| play.data("aws_ssm_parameter", json!({ "name": name }));
    let count = || play.aws().calls().snapshot().get("ssm:GetParameters").copied();
    let before = count().unwrap_or_default();
    let (text, list, secret) =
        tokio::join!(read("/test/text"), read("/test/list"), read("/test/secret"));
    assert_eq!(count().unwrap_or_default(), before + 1);
    assert_eq!(*text.id, *"/test/text");
    assert_eq!((text.at("value"), text.at("insecure_value")), (json!("plain"), json!("plain")));
    assert_eq!((list.at("type"), list.at("version")), (json!("StringList"), json!(1)));
    assert_eq!(text.at("arn"), json!("arn:aws:ssm:eu-central-1:123456789012:parameter/test/text"));
    assert_eq!((secret.at("value"), secret.at("insecure_value")), (json!("hidden"), json!(null)));
    assert!(!format!("{:?}", secret.row).contains("hidden"), "a secret is never shown");
    let closed = json!({ "name": "/test/secret", "with_decryption": false });
    let closed = play.data("aws_ssm_parameter", closed).await;
    assert_ne!(closed.at("value"), json!("hidden"));
}

#[tokio::test]
async fn a_parameter_that_is_not_there_is_named() {
    let play = Play::new().await;
    let refused = play.no_data("aws_ssm_parameter", json!({ "name": "/test/none" })).await;
    assert_eq!(refused.kind, FailureKind::NotFound);
    assert!(refused.message.contains("/test/none"), "{refused}");
}
