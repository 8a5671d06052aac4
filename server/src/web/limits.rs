//! Rate limits. Invariant: a client is the address that connects, or the one that a trusted proxy names; nothing that a
//! client writes by itself is believed.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
};

use actix_web::{HttpRequest, dev::ServiceRequest};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::config::Config;

/// Signing in is slow on purpose, and guessing is its abuse: one request in so many may be one.
const REQUESTS_A_SIGN_IN: u32 = 20;
/// A batch has a handful of files; a job that catches up after three days still stays below this.
const JOBS_PER_MINUTE: u32 = 600;

/// The limiters of one process.
pub(super) struct Limits {
    requests: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    jobs: DefaultKeyedRateLimiter<IpAddr>,
}

/// Which limit was met, and the seconds to wait.
pub(super) struct OneTooMany {
    pub limit: &'static str,
    pub seconds: u64,
}

fn per_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
}

impl Limits {
    pub(super) fn new(requests_per_minute: u32) -> Self {
        Self {
            requests: RateLimiter::dashmap(per_minute(requests_per_minute)),
            sign_ins: RateLimiter::dashmap(per_minute(requests_per_minute / REQUESTS_A_SIGN_IN)),
            jobs: RateLimiter::dashmap(per_minute(JOBS_PER_MINUTE.min(requests_per_minute))),
        }
    }

    pub(super) fn check(&self, request: &ServiceRequest, config: &Config) -> Result<(), OneTooMany> {
        let client = network_of(client_address(request.request(), config));
        ask(&self.requests, client, "requests")?;
        let path = request.path();
        let signs_in = ["/sign-in", "/staff/sign-in", "/staff/invitation"].iter().any(|start| path.starts_with(start));
        if signs_in && request.method() == actix_web::http::Method::POST {
            ask(&self.sign_ins, client, "sign_ins")?;
        }
        // Addresses that were quiet for long need no memory.
        if self.requests.len() > 10_000 {
            self.requests.retain_recent();
            self.sign_ins.retain_recent();
        }
        Ok(())
    }
}

impl Limits {
    /// Asked before the token of an import job is read: reading one costs a signature.
    pub(super) fn check_job(&self, request: &HttpRequest, config: &Config) -> Result<(), OneTooMany> {
        ask(&self.jobs, network_of(client_address(request, config)), "import_jobs")
    }
}

fn ask(limiter: &DefaultKeyedRateLimiter<IpAddr>, client: IpAddr, limit: &'static str) -> Result<(), OneTooMany> {
    limiter.check_key(&client).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        OneTooMany { limit, seconds: wait.as_secs() + 1 }
    })
}

/// Who connects; behind a trusted proxy, the last address in `X-Forwarded-For` that is not a trusted proxy itself.
fn client_address(request: &HttpRequest, config: &Config) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if !config.trusts_proxy(peer) {
        return peer;
    }
    let named = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
    let addresses = named.iter().rev().map_while(|text| text.parse().ok());
    addresses.into_iter().find(|address| !config.trusts_proxy(*address)).unwrap_or(peer)
}

/// One line of a provider has a whole /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}
