# The image for those who have a container engine: npm ci && npm run deb && docker build -t cordwood .
# `npm run image` makes the same without one.
FROM debian:bookworm-slim
COPY packages/cordwood_*.deb /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends systemd-standalone-sysusers ca-certificates tzdata /tmp/cordwood_*.deb \
 && rm -rf /tmp/cordwood_*.deb /var/lib/apt/lists/* \
 && install -d -o cordwood -g cordwood -m 0750 /var/lib/cordwood
COPY etc/container.yaml /etc/cordwood/cordwood.yaml
ENV CORDWOOD_DATA=/var/lib/cordwood
USER cordwood
VOLUME /var/lib/cordwood
EXPOSE 5514/udp 5514/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["/usr/lib/cordwood/bin/node", "/usr/lib/cordwood/health.cjs"]
ENTRYPOINT ["/usr/bin/cordwood"]
CMD ["serve", "--config", "/etc/cordwood/cordwood.yaml"]
