//! The services over their own ports, as their clients see them.

mod carrier_hostile;
mod carrier_json;
mod carrier_python;
mod carrier_sip;
mod carrier_sip_clients;
mod carrier_sip_raw;
mod carrier_site;
mod carrier_smpp;
mod carrier_twilio;
mod carrier_voice;
mod carrier_vonage;
mod names;
mod proxy;
mod python;
