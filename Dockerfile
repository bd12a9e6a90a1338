# The worker of docker-compose.yml. The command line is in it too: docker compose exec worker pfrunbook list
FROM node:22.23.3-bookworm-slim AS build
WORKDIR /opt/pfrunbook
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22.23.3-bookworm-slim
# ssh-keyscan and ssh-keygen, for host certificates
RUN apt-get update && apt-get install --yes --no-install-recommends openssh-client && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/pfrunbook
COPY --from=build /opt/pfrunbook/package.json ./
COPY --from=build /opt/pfrunbook/node_modules ./node_modules
COPY --from=build /opt/pfrunbook/dist ./dist
RUN chmod +x dist/client/main.js && ln -s /opt/pfrunbook/dist/client/main.js /usr/local/bin/pfrunbook
CMD ["pfrunbook", "worker"]
