//! Digests, passwords, decryption, unique identifiers.

use base64::Engine;
use sha2::Digest;
use uuid::Uuid;

use super::encoding::{BASE64, bytes_of_base64};
use super::{Context, Outcome, argument, failed, text, whole};
use crate::lang::types::Type;
use crate::lang::value::Value;

/// Digest as lower-case hexadecimal digits.
pub(super) fn hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

/// Digest in Base64.
pub(super) fn base64<D: Digest>(bytes: &[u8]) -> String {
    BASE64.encode(D::digest(bytes))
}

/// `md5(str)`
pub(super) fn md5(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(hex::<md5::Md5>(text(args, 0).as_bytes()).into())
}

/// `sha1(str)`
pub(super) fn sha1(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(hex::<sha1::Sha1>(text(args, 0).as_bytes()).into())
}

/// `sha256(str)`
pub(super) fn sha256(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(hex::<sha2::Sha256>(text(args, 0).as_bytes()).into())
}

/// `sha512(str)`
pub(super) fn sha512(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(hex::<sha2::Sha512>(text(args, 0).as_bytes()).into())
}

/// `base64sha256(str)`
pub(super) fn base64sha256(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(base64::<sha2::Sha256>(text(args, 0).as_bytes()).into())
}

/// `base64sha512(str)`
pub(super) fn base64sha512(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(base64::<sha2::Sha512>(text(args, 0).as_bytes()).into())
}

/// `bcrypt(str, cost...)`: differs every time, so only known at apply.
pub(super) fn bcrypt(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    const DEFAULT_COST: i64 = 10;
    if !ctx.apply {
        return Ok(Value::unknown_not_null(Type::String));
    }
    if args.len() > 2 {
        return failed("one or two arguments are required");
    }
    let cost = match args.get(1) {
        None => DEFAULT_COST,
        Some(_) => match whole(args, 1) {
            Some(it) if it < 4 => DEFAULT_COST,
            Some(it) if it <= 31 => it,
            _ => return failed("the cost must be a whole number of at most 31"),
        },
    };
    let password = text(args, 0);
    if password.len() > 72 {
        return failed("the text is longer than 72 bytes");
    }
    match bcrypt::hash_with_result(password, cost as u32) {
        Ok(it) => Ok(it.format_for_version(bcrypt::Version::TwoA).into()),
        Err(it) => failed(it.to_string()),
    }
}

/// `rsadecrypt(ciphertext, privatekey)`: PKCS #1 v1.5.
pub(super) fn rsadecrypt(_: &Context<'_>, args: &[Value]) -> Outcome {
    use rsa::pkcs1::DecodeRsaPrivateKey;
    use rsa::pkcs8::DecodePrivateKey;
    let Some(ciphertext) = bytes_of_base64(text(args, 0)) else {
        return argument(0, "the text is not valid Base64");
    };
    let pem = text(args, 1);
    let key = rsa::RsaPrivateKey::from_pkcs1_pem(pem)
        .or_else(|_| rsa::RsaPrivateKey::from_pkcs8_pem(pem));
    let Ok(key) = key else { return argument(1, "not an RSA private key in PEM notation") };
    match key.decrypt(rsa::Pkcs1v15Encrypt, &ciphertext).ok().map(String::from_utf8) {
        Some(Ok(it)) => Ok(it.into()),
        Some(Err(_)) => failed("the decrypted bytes are not UTF-8 text"),
        None => failed("the text was not encrypted for this key"),
    }
}

/// `uuid()`: differs every time, so only known at apply.
pub(super) fn uuid(ctx: &Context<'_>, _: &[Value]) -> Outcome {
    Ok(match ctx.apply {
        true => Uuid::new_v4().to_string().into(),
        false => Value::unknown_not_null(Type::String),
    })
}

/// `uuidv5(namespace, name)`
pub(super) fn uuidv5(_: &Context<'_>, args: &[Value]) -> Outcome {
    let namespace = match text(args, 0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => match Uuid::parse_str(other) {
            Ok(it) => it,
            Err(_) => return failed("the namespace must be dns, url, oid, x500 or a UUID"),
        },
    };
    Ok(Uuid::new_v5(&namespace, text(args, 1).as_bytes()).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn passwords_are_hashed_at_apply() {
        let hashed = run("bcrypt", ["secret".into(), 4.into()]).unwrap();
        let text = hashed.as_str().unwrap();
        assert!(text.starts_with("$2a$04$") && bcrypt::verify("secret", text).unwrap());
        assert!(show(run("bcrypt", ["x".repeat(73).into()])).starts_with("failed"));
        assert!(show(run("bcrypt", ["x".into(), 32.into()])).starts_with("failed"));
    }

    #[test]
    fn what_was_encrypted_is_decrypted() {
        use rsa::pkcs1::EncodeRsaPrivateKey;
        let mut random = rsa::rand_core::OsRng;
        let key = rsa::RsaPrivateKey::new(&mut random, 512).unwrap();
        let bytes = key.to_public_key().encrypt(&mut random, rsa::Pkcs1v15Encrypt, b"hi").unwrap();
        let pem = key.to_pkcs1_pem(rsa::pkcs8::LineEnding::LF).unwrap();
        let args = [BASE64.encode(bytes).into(), Value::from(pem.as_str())];
        assert_eq!(show(run("rsadecrypt", args)), "\"hi\"");
        assert!(show(run("rsadecrypt", ["!".into(), "".into()])).starts_with("arg 0"));
    }

    #[test]
    fn names_have_the_same_identifier_every_time() {
        let args = ["url".into(), "https://example.com/".into()];
        assert_eq!(show(run("uuidv5", args)), "\"dd2c1780-811a-5296-81c5-178a0ef488bc\"");
    }
}
