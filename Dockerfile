# One image for both programs; image/contents.ts is the same list, and test/image holds the two together.
# Both base images are lists for several architectures; the digests pin them, the tags say what they are.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY LICENSE ./
COPY crds crds
COPY idp idp
COPY operator operator
COPY image /image
# Leaves out what cannot run, and compiles what will.
RUN node /image/finish.ts /app

# No shell, no package manager: the C++ runtime, Node and the programs.
FROM ${RUNTIME_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app /app
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=4 \
    NODE_COMPILE_CACHE=/app/.compile-cache \
    NODE_COMPILE_CACHE_PORTABLE=1
WORKDIR /app
USER 65532:65532
# People, plain HTTP, health and metrics of the IdP; health and metrics of the operator.
EXPOSE 8443 8080 9090 8081
ENTRYPOINT []
CMD ["node", "idp/main.ts"]
