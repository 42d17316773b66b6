# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bash completion for oomwhy. Commands and options come from the program's own --help, so none is missing here.

_oomwhy_commands() {
    "$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
}

_oomwhy_options() { # PROGRAM COMMAND
    "$1" "$2" --help 2>/dev/null | sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}\(--[a-z][a-z-]*\).*/\2/p'
}

# The values of an option; none where they are anybody's guess.
_oomwhy_values() { # OPTION
    case $1 in
    -o | --output) echo text json ;;
    --attach) echo auto fentry kprobe tracepoint kmsg ;;
    --level) echo container nested pod qos node slice host cpuset manual unknown ;;
    --root) printf '%s= ' containerd crio docker log-containers log-pods kubelet ;;
    *) return 1 ;;
    esac
}

_oomwhy() {
    local program=$1 command=trace word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    # "--attach=k" comes as three words.
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = && COMP_CWORD -gt 2 ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ COMP_CWORD -lt 2 || ${COMP_WORDS[1]} == -* ]] || command=${COMP_WORDS[1]}
    local words
    if words=$(_oomwhy_values "$before"); then
        [[ $before != --root ]] || compopt -o nospace 2>/dev/null
    elif [[ $word == -* ]]; then
        words=$(_oomwhy_options "$program" "$command")
        [[ COMP_CWORD -gt 1 ]] || words+=' --help --version'
    elif [[ COMP_CWORD -eq 1 ]]; then
        words=$(_oomwhy_commands "$program")
    else
        words=
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word" | sort -u)
}

# Where there is nothing to say, files: folders for --host-root, recordings.
complete -o default -F _oomwhy oomwhy
