#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#   try.sh HANSE
# One node in the foreground on high loopback ports, with a store of its own below ./run and a
# self-signed certificate. Says where it listens, what a real domain would need, what to type next.

hanse=$1
folder=run
umask 077
mkdir -p "$folder"

if [ ! -f "$folder/key.pem" ]; then
  if ! said=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
      -subj "/CN=mx.a.example" -addext "subjectAltName=DNS:mx.a.example" \
      -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>&1); then
    rm -f "$folder/key.pem"
    echo "no certificate could be made (\`make deps\` installs openssl): $said" >&2
    exit 1
  fi
fi

if [ ! -f "$folder/hanse.toml" ]; then
  cat >"$folder/hanse.toml" <<END
[node]
domain = "mx.a.example"
data_dir = "$folder/data"

[listen.smtp]
addr = ["127.0.0.1:2525"]

[control]
socket = "$folder/control.sock"

[tls]
cert = "file:cert.pem"
key = "file:key.pem"

[smtp]
hosts = ["a.example"]
relay_from = ["127.0.0.0/8"]
reverse_names = false
check_sender_domain = false

# Mail for a.example goes to your own mail server; here, to whatever listens on port 2626.
[[route]]
match = "a.example"
protocol = "smtp"
via = "127.0.0.1:2626"
tls = "off"

[metrics]
addr = "127.0.0.1:9464"
END
fi

cat <<END
SMTP           127.0.0.1:2525
metrics        http://127.0.0.1:9464/metrics   (also /livez and /readyz)
console        $hanse --config $folder/hanse.toml status
configuration  $folder/hanse.toml

A real domain would need these records (dns records, without --offline, compares):
$("$hanse" --config "$folder/hanse.toml" dns records --offline --zone | sed 's/^/  /')

Next, in another terminal:
  /usr/bin/python3 -c 'import smtplib; smtplib.SMTP("127.0.0.1", 2525).sendmail(
      "me@a.example", "you@a.example", "From: me@a.example\\r\\n\\r\\nHello.\\r\\n")'
  $hanse --config $folder/hanse.toml queue list
  $hanse --config $folder/hanse.toml queue why ID

Ctrl-C ends it; what it has accepted stays in $folder/data.

END
exec "$hanse" run --config "$folder/hanse.toml"
