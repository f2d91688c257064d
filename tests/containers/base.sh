# shellcheck shell=bash
# The base images, made here: no image registry is asked. Sourced from the top of the repository; a change makes them anew.

# shellcheck source=lib.sh
. tests/containers/lib.sh

rust_image=docker.io/library/rust:1.95-bookworm
caddy_image=docker.io/library/caddy:2
python_image=localhost/python

# The mirror that this machine takes Debian from, if it names one.
debian_mirror() {
  grep -hEo 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true
}

# base_images: makes what a registry would give, unless an earlier run has.
base_images() {
  local recipe root=$store/rootfs began=$SECONDS
  recipe=$(cat tests/containers/base.sh /etc/ssl/certs/ca-certificates.crt <(rustc -vV) | sha256sum | cut -c -16)
  if [[ $(podman image inspect --format '{{index .Labels "recipe"}}' "$python_image" 2>/dev/null) == "$recipe" ]]; then return; fi
  podman rmi --all --force >/dev/null
  debian_with_rust "$root"
  tar -C "$root" -cf - . | podman import --quiet --change 'ENV CARGO_HOME=/usr/local/cargo' \
    --change 'ENV PATH=/usr/local/cargo/bin:/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    - "$rust_image" >/dev/null
  rm -rf "$root"
  caddy_like_dockers "$root"
  tar -C "$root" -cf - . | podman import --quiet --change 'ENV XDG_CONFIG_HOME=/config' --change 'ENV XDG_DATA_HOME=/data' \
    --change 'WORKDIR /srv' \
    --change 'CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]' - "$caddy_image" >/dev/null
  rm -rf "$root"
  podman build --quiet --network host --label recipe="$recipe" --tag "$python_image" - >/dev/null <<EOF
FROM $rust_image
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 >/dev/null
EOF
  echo "base images made in $((SECONDS - began)) s"
}

# A minimal Debian 12 with a C compiler and this machine's Rust, and this machine's way to the package registries.
debian_with_rust() {
  local root=$1 mirror file log=$store/debootstrap.log
  mirror=$(debian_mirror)
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev bookworm "$root" ${mirror:+"${mirror% }"} >"$log" 2>&1 ||
    die "debootstrap failed: see $log"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  mkdir -p "$root/usr/local/rust" "$root/usr/local/cargo/bin"
  tar -C "$(rustc --print sysroot)" --exclude ./share -cf - . | tar -C "$root/usr/local/rust" -xf -
  chmod -R a+w "$root/usr/local/cargo"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  for file in /etc/apt/apt.conf.d/*prox* /etc/apt/apt.conf /etc/apt/auth.conf /etc/pip.conf /etc/npmrc; do
    if [[ -f $file ]]; then cp "$file" "$root$file"; fi
  done
  for file in config.toml config; do
    file=${CARGO_HOME:-$HOME/.cargo}/$file
    if [[ -f $file ]]; then cp "$file" "$root/usr/local/cargo/"; fi
  done
}

# Debian's Caddy, laid out as Docker's.
caddy_like_dockers() {
  local root=$1 caddy file
  caddy=$(command -v caddy)
  mkdir -p "$root"/{config/caddy,data/caddy,etc/caddy,srv,tmp}
  chmod 1777 "$root/tmp"
  install -D "$caddy" "$root/usr/bin/caddy"
  for file in $(ldd "$caddy" | grep -o '/[^ ]*' || true); do install -D "$file" "$root$file"; done
  echo 'root:x:0:0:root:/root:/sbin/nologin' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}
