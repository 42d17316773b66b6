# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the fetch-* scripts: an apt state of our own, in which other suites and other machines' packages are read,
# so that nothing on this machine changes. The mirror is the one that the machine's own apt uses.

readonly unavailable=69 # exit status: it cannot be had here (callers skip rather than fail)

give_up() { # STATUS MESSAGE
    echo "vm/${0##*/}: $2" >&2
    exit "$1"
}

# The machine's mirror of Debian's main archive, or of its security archive.
mirror() { # LABEL
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label { print $3; exit }'
}

apt_sources() { # ARCH SUITE...
    local suite uri options keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # An old suite's index is no longer renewed: its date says nothing, its signature still counts.
    options="arch=$1 check-valid-until=no"
    [[ ! -e $keyring ]] || options+=" signed-by=$keyring"
    for suite in "${@:2}"; do
        case $suite in
        *-security) uri=$(mirror Debian-Security) || : ;;
        *) uri=$(mirror Debian) || : ;;
        esac
        [[ -z $uri ]] || echo "deb [$options] $uri $suite main"
    done
}

# Makes DIR/apt.conf, for apt-get -c and apt-cache -c, and reads the indices. One suite that cannot be reached does not
# matter if another has what is wanted: apt's words are kept in DIR/log.
private_apt() { # DIR ARCH SUITE...
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial"
    : >"$1/status"
    apt_sources "${@:2}" >"$1/sources.list"
    [[ -s $1/sources.list ]] || give_up $unavailable "apt knows no mirror of Debian's archive"
    # The hooks are cleared: some machines clean apt's own cache after an update.
    cat >"$1/apt.conf" <<CONF
Dir::State "$1/state";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
    apt-get -c "$1/apt.conf" update >"$1/log" 2>&1 || :
}

reason() { # LOG
    grep -E '^(E|Err)' "$1" | tail -n 1 | grep . || echo "apt reported no error"
}

need() { # PROGRAM:PACKAGE...
    local tool
    for tool; do
        command -v "${tool%:*}" >/dev/null || give_up $unavailable "missing: ${tool%:*} (package ${tool#*:})"
    done
}
