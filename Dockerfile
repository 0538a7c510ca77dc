# syntax=docker/dockerfile:1
# The pages, then the server with the pages in it, then the engine that the server was made for, then
# nothing but these two programs. Each stage builds for the machine that the image is for.

FROM node:22-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY schema.graphql ../
COPY frontend ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS server
# The toolchain of the image, without the components that rust-toolchain.toml asks for in development.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY entity entity
COPY migration migration
COPY server server
COPY --from=pages /src/frontend/dist frontend/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package proxypal-server \
    && install -D target/release/proxypal-server /out/proxypal-server

FROM debian:bookworm-slim AS engine
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=server /out/proxypal-server /usr/local/bin/
# Checks the archive against the SHA-256 that is built into the server.
RUN proxypal-server engine install --data-dir /out && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=engine /out/engine/cli-proxy-api /usr/local/bin/
COPY --from=server /out/proxypal-server /usr/local/bin/
COPY --from=engine --chown=nonroot:nonroot /data /data
ENV HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["proxypal-server", "healthcheck"]
ENTRYPOINT ["proxypal-server"]
CMD ["serve"]
