# A static program in an image with nothing else:  docker build -t tokscan .
#   docker run --rm -v "$PWD:/logs:ro" tokscan leaks /logs
# With a shell, for CI systems that need one:      docker build --target ci -t tokscan:ci .

FROM docker.io/library/rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY rules rules
COPY src src
COPY benches benches
COPY README.md ./
RUN cargo build --release --locked && cp target/release/tokscan /tokscan

FROM docker.io/library/alpine:3 AS ci
COPY --from=build /tokscan /usr/local/bin/tokscan
USER 65532:65532
ENTRYPOINT ["tokscan"]

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /tokscan /usr/local/bin/tokscan
USER nonroot:nonroot
WORKDIR /logs
ENTRYPOINT ["/usr/local/bin/tokscan"]
