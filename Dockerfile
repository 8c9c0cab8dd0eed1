# The image's own Node runs everything, so no install script is needed, and none of the dependencies gets to run one.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run prepare && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production \
    BIDWRIGHT_DATA_DIR=/var/lib/bidwright \
    BIDWRIGHT_PUBLIC_PORT=8080 \
    BIDWRIGHT_PRIVATE_PORT=8081
WORKDIR /app
COPY --from=build /app ./
RUN mkdir -p /etc/bidwright /var/lib/bidwright && chown node:node /var/lib/bidwright
USER node
# Budgets, caps, posteriors and events live here; a container without this volume forgets them.
VOLUME /var/lib/bidwright
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BIDWRIGHT_PRIVATE_PORT}/healthz`, { signal: AbortSignal.timeout(2500) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts", "serve", "--config", "/etc/bidwright"]
