//! Starts the function that the `Handler` setting names.

use incident_handler::{clients::Clients, delivery, generator, handler::Handler, settings::Settings};
use lambda_runtime::{Error, service_fn};

/// Handling a failure takes 10 to 20 % less CPU time than with the C library's allocator: the SDKs allocate a lot.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var("_HANDLER").unwrap_or_default().as_str() {
        "error-generator" => {
            let clients = Clients::from_environment()?;
            delivery::serve(service_fn(|event| generator::fail(&clients, event))).await
        }
        "incident-handler" => {
            let (settings, clients) = (Settings::from_environment()?, Clients::from_environment()?);
            clients.connect_ahead(&settings).await;
            let handler = Handler::on_aws(settings, &clients)?;
            delivery::serve(service_fn(|event| handler.handle(event))).await
        }
        other => {
            Err(format!("the Handler setting is `{other}`, but must be `incident-handler` or `error-generator`").into())
        }
    }
}
