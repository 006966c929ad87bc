#!/bin/sh
# A machine of your own: keeps a login alive that its jobs share, in a file below ~/.local/state/oauth-creds.
#
# Once:
#   npm install --global oauth-creds@0.1.0
#   umask 077; mkdir -p ~/.config/oauth-creds
#   oauth-creds key --json | jq -r .root > ~/.config/oauth-creds/key
#   oauth-creds login anthropic --output ~/.config/oauth-creds/login   # of its own, not the one that you work with
# crontab -e: cron has a short PATH of its own. Name in it the folders of oauth-creds and node, too (`command -v
# oauth-creds node` tells them):
#   PATH=/home/you/.local/bin:/usr/local/bin:/usr/bin:/bin
#   17 */3 * * * /path/to/cron.sh
# Jobs of this user (the token is renewed by whoever finds it too short):
#   export CLAUDE_CODE_OAUTH_TOKEN="$(oauth-creds token --provider anthropic --ledger-key ~/.config/oauth-creds/key)"
set -eu
cd ~/.config/oauth-creds
# Silent unless something is wrong: then cron sends a mail. 4 is "try again later", which the next run does.
oauth-creds refresh --quiet --ledger-key key --credential login --min-validity 6h || [ $? -eq 4 ]
