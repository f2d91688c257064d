# shellcheck shell=bash
# Podman in a corner of its own, for `run` and `bare`. Sourced from the top of the repository.
#
# Everything that lasts is under target/containers: images are kept there for the next run, and `rm -rf target/containers`
# removes all of it. Containers, their processes, mounts and networks live in namespaces that end with the script.

store=$(realpath -m target/containers)

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# install_packages NAME=COMMAND…: installs the Debian packages whose commands are missing.
install_packages() {
  local pair missing=()
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin:/usr/lib/podman command -v "${pair#*=}" >/dev/null || missing+=("${pair%%=*}")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "missing: ${missing[*]} (names of Debian's packages; apt-get is missing too)"
  echo "installing ${missing[*]}"
  # policy-rc.d: a package's service (Caddy's) is not started.
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
  fi
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
    die "cannot install ${missing[*]}"
  fi
}

# Starts the calling script anew in a mount and a process namespace of its own: whatever happens, its containers end with it.
isolate() {
  if [[ -n ${CONTAINERS_ISOLATED:-} ]]; then return; fi
  [[ -z ${SKIP_CONTAINERS:-} ]] || { echo 'skipped: SKIP_CONTAINERS is set'; exit 0; }
  ((EUID == 0)) || die 'containers need root here (or SKIP_CONTAINERS=1, which leaves these checks out)'
  install_packages podman=podman buildah=buildah runc=runc conmon=conmon netavark=netavark aardvark-dns=aardvark-dns \
    iptables=iptables iproute2=ip slirp4netns=slirp4netns debootstrap=debootstrap docker-compose=docker-compose \
    caddy=caddy python3=python3
  mkdir -p "$store" /run/containers
  # One at a time in this folder.
  exec 9>"$store/lock"
  flock 9
  CONTAINERS_ISOLATED=1 unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@" &
  local child=$! status=0
  # `unshare` itself does not listen to milder signals.
  trap 'kill -KILL "$child" 2>/dev/null || true' INT TERM
  wait "$child" || status=$?
  # Groups without processes, which nothing removes when containers are killed with their namespace.
  find /sys/fs/cgroup/*/libpod_parent /sys/fs/cgroup/libpod_parent -depth -type d -exec rmdir {} + 2>/dev/null || true
  exit "$status"
}

# What podman is told, in place of the machine's own settings.
configure_podman() {
  # Paths in here must be short; the mount is seen by this script and its containers alone.
  mount -t tmpfs tmpfs /run/containers
  mkdir -p "$store/images" "$store/networks" "$store/tmp" /run/containers/{run,podman}
  cat >"$store/storage.conf" <<EOF
[storage]
driver = "overlay"
graphroot = "$store/images"
runroot = "/run/containers/run"
EOF
  cat >"$store/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "/run/containers/podman"
[network]
network_backend = "netavark"
network_config_dir = "$store/networks"
EOF
  export CONTAINERS_CONF=$store/containers.conf CONTAINERS_STORAGE_CONF=$store/storage.conf TMPDIR=$store/tmp
  unset CONTAINER_HOST DOCKER_HOST
  # Left by a run that was killed.
  podman rm --all --force >/dev/null
  podman volume prune --force >/dev/null
}

# The machine's way to its package registries, for what runs in containers: `--env NAME` for each setting that is there.
# (Podman hands on the proxies by itself.)
registry_settings() {
  local name
  for name in SSL_CERT_FILE PIP_INDEX_URL PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS npm_config_registry; do
    [[ -z ${!name:-} ]] || printf -- '--env\n%s\n' "$name"
  done
}
