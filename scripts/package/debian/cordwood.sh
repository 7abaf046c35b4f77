#!/bin/sh
exec /usr/lib/cordwood/bin/node /usr/lib/cordwood/app/bin/cordwood.js "$@"
