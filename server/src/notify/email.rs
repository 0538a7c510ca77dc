//! Sending a letter by e-mail.

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret as _;

use super::{Letter, PATIENCE};
use crate::domain::notifications::{EmailSettings, SmtpSecurity};

/// Sends a letter to everybody of the channel.
pub(super) async fn send(settings: &EmailSettings, letter: &Letter) -> Result<(), String> {
    let message = message(settings, letter)?;
    let transport = transport(settings)?;
    let sent = transport.send(message).await;
    sent.map(|_| ())
        .map_err(|error| format!("the mail server {}: {}", settings.host, said(&error)))
}

fn message(settings: &EmailSettings, letter: &Letter) -> Result<Message, String> {
    let address = |text: &str| {
        let mailbox = text.parse::<Mailbox>();
        mailbox.map_err(|_| format!("{text:?} is no e-mail address"))
    };
    let mut message = Message::builder()
        .from(address(&settings.from)?)
        .subject(letter.title.clone())
        .message_id(Some(format!("<{}@proxypal>", letter.id)))
        .header(ContentType::TEXT_PLAIN);
    for to in &settings.to {
        message = message.to(address(to)?);
    }
    let message = message.body(format!("{}\n", letter.body));
    message.map_err(|error| error.to_string())
}

fn transport(settings: &EmailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = || {
        let parameters = TlsParameters::new(settings.host.clone());
        parameters.map_err(|error| format!("cannot use TLS: {error}"))
    };
    let tls = match settings.security {
        SmtpSecurity::Tls => Tls::Wrapper(tls()?),
        SmtpSecurity::StartTls => Tls::Required(tls()?),
        SmtpSecurity::None => Tls::None,
    };
    let host = settings.host.as_str();
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let (Some(username), Some(password)) = (&settings.username, &settings.password) {
        let password = password.expose_secret().to_owned();
        transport = transport.credentials(Credentials::new(username.clone(), password));
    }
    Ok(transport.build())
}

/// The innermost cause says most.
fn said(error: &lettre::transport::smtp::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut last = error.to_string();
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    last
}
