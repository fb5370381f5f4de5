# Two stages: build with Rust, ship one binary on a distroless base.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY templates templates
COPY static static
COPY migrations migrations
COPY benches benches
RUN cargo build --release --locked --bin cpamp && mkdir -m 0700 /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/cpamp /usr/local/bin/cpamp
COPY --from=build --chown=nonroot:nonroot /data /data
# Two memory arenas are enough for a few threads, and give more back.
ENV CPAMP_LISTEN=0.0.0.0:18317 CPAMP_DATA_DIR=/data MALLOC_ARENA_MAX=2
VOLUME /data
EXPOSE 18317
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/cpamp", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/cpamp"]
