# syntax=docker/dockerfile:1.19
# One image for every role: `docker run annals --role read-api`; without a role it is the whole platform in one process.

FROM node:26.10.0-trixie-slim AS packages
WORKDIR /annals
COPY package.json package-lock.json .npmrc ./
COPY test/generated-clients/package.json test/generated-clients/
# The image has the Node that the project pins: the one among the packages would be a second of the same, and its install script
# is the only one that anybody needs.
RUN npm ci --omit=dev --ignore-scripts

FROM node:26.10.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /annals
COPY --from=packages /annals/node_modules node_modules
COPY . .
# What was compiled at one start is kept for the next. The history lies in a volume that outlives the container.
RUN mkdir -p /annals-data /annals/node_modules/.cache && chown node:node /annals-data /annals/node_modules/.cache
USER node
ENV DATA_DIR=/annals-data HOST=0.0.0.0 PORT=4000
VOLUME /annals-data
EXPOSE 4000 4001 4002
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 CMD ["node", "deploy/healthy.js", "4000"]
ENTRYPOINT ["node", "start.js"]
