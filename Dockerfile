# syntax=docker/dockerfile:1

# Needs no more than gcc, which this image has. The final image holds one program, the shared libraries that `ldd`
# finds for it, and four small files in /etc: no shell, no package manager, no time zone files (they are in the binary).
FROM rust:1.95-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS build
WORKDIR /build
# Relative relocations in their short form, 0.8 MB less: this Debian's libc reads it, and goes into the image.
ENV RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"

# Cargo features of the program, separated by commas or spaces. The default ones are for a developer's machine: off here.
# `temporal` serves who has a Temporal server; FEATURES="" makes a smaller program, in less time.
ARG FEATURES="temporal"
# `thin`, and more code generation units, build in less time a larger program.
ARG CARGO_PROFILE_RELEASE_LTO=fat
ARG CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1

# The dependencies alone, with an empty program: this layer is rebuilt only when Cargo.toml or Cargo.lock change. Tests
# and benches are not in the image, and cargo refuses a manifest that names missing files: their sections are left out.
COPY Cargo.toml Cargo.lock ./
RUN set -eu; \
    awk '/^\[/ { keep = !/^\[\[(test|bench|example)\]\]/ } keep' Cargo.toml > manifest; \
    mv manifest Cargo.toml; \
    mkdir src; \
    echo 'fn main() {}' > src/main.rs; \
    touch src/lib.rs; \
    cargo build --release --locked --no-default-features --features "$FEATURES"

# The sources. `touch`, since a checkout may be older than the layer above, and cargo compares times.
COPY src src
RUN set -eu; \
    touch src/main.rs src/lib.rs; \
    cargo build --release --locked --no-default-features --features "$FEATURES"

# Everything that the final image is made of, in one folder; the last line fails the build if something is missing.
RUN set -eu; \
    bin=target/release/prog-strength-agent; \
    install -D -m 755 "$bin" /rootfs/prog-strength-agent; \
    install -d /data; \
    for lib in $(ldd "$bin" | grep -o '/[^ ]*'); do install -D -m 755 "$lib" "/rootfs$lib"; done; \
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ca-certificates.crt; \
    echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf; \
    echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > /rootfs/etc/passwd; \
    echo 'nonroot:x:65532:' > /rootfs/etc/group; \
    chroot --userspec=65532:65532 /rootfs /prog-strength-agent --help > /dev/null

FROM scratch
LABEL org.opencontainers.image.title="prog-strength-agent" \
      org.opencontainers.image.description="The chat agent of the Prog Strength training tracker" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="fitness.progstrength/workouts"
COPY --from=build /rootfs/ /
# The only folder that can be written, where databases and files are unless settings say otherwise; a named volume takes its
# owner from here.
COPY --from=build --chown=65532:65532 /data/ /data/
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /data
USER 65532:65532
EXPOSE 8001 8000 3001
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/prog-strength-agent", "healthcheck"]
ENTRYPOINT ["/prog-strength-agent"]
