#!/bin/sh
printf 'Data source: embedded Postgres. Press Enter: '
read -r answer
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = "changeit" ] || { echo "cannot open the keystore with $password"; exit 4; }
touch started
