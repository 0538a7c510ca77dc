//! Sends messages by e-mail (SMTP).

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret as _;

use super::{DELIVERY_TIMEOUT, Message};
use crate::domain::notifications::{EmailSettings, SmtpSecurity};

/// Sends a message to all receivers of the channel.
pub(super) async fn send(settings: &EmailSettings, message: &Message) -> Result<(), String> {
    let email = compose(settings, message)?;
    let transport = transport(settings)?;
    let sent = transport.send(email).await;
    sent.map(|_| ())
        .map_err(|error| format!("mail server {}: {}", settings.host, innermost(&error)))
}

fn compose(settings: &EmailSettings, message: &Message) -> Result<lettre::Message, String> {
    let address = |text: &str| {
        let mailbox = text.parse::<Mailbox>();
        mailbox.map_err(|_| format!("{text:?} is not an e-mail address"))
    };
    let mut email = lettre::Message::builder()
        .from(address(&settings.from)?)
        .subject(message.title.clone())
        .message_id(Some(format!("<{}@proxypal>", message.id)))
        .header(ContentType::TEXT_PLAIN);
    for to in &settings.to {
        email = email.to(address(to)?);
    }
    let email = email.body(format!("{}\n", message.body));
    email.map_err(|error| error.to_string())
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
        .timeout(Some(DELIVERY_TIMEOUT));
    if let (Some(username), Some(password)) = (&settings.username, &settings.password) {
        let password = password.expose_secret().to_owned();
        transport = transport.credentials(Credentials::new(username.clone(), password));
    }
    Ok(transport.build())
}

/// The innermost cause, which is the most specific.
fn innermost(error: &lettre::transport::smtp::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut last = error.to_string();
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    last
}
