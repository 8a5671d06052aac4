# Two commands matter: `make run` and `make test`. Both do all their set-up themselves; `make help` lists the rest.
# The work is in plain scripts under .ci/, each of which can be called by itself.

SHELL := /bin/sh
CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/madoguchi/target
export CARGO_TARGET_DIR

.PHONY: help run test build soak bench audit postal
.DEFAULT_GOAL := help

help:            ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { sub(/ +$$/, "", $$1); printf "make %-7s %s\n", $$1, $$2 }' Makefile

run:             ## set-up, build, start the demo on http://localhost:8080 (Ctrl-C stops it, data stays; RELEASE=1: optimised)
	@.ci/setup run
	@.ci/bundle
	@.ci/demo

test:            ## set-up, then every test; the last line counts them
	@.ci/test

build:           ## both programs, optimised, in the target folder's release/; the browser part is inside madoguchi
	@.ci/setup run
	@.ci/bundle
	@.ci/build

soak:            ## the tests that loop, with their long counts (an hour and more)
	@MADOGUCHI_SOAK=1 .ci/test

bench:           ## sizes and speed
	@.ci/bench

audit:           ## licences, banned and duplicated packages, known vulnerabilities where the tools are installed
	@.ci/audit

postal:          ## the table of postal codes anew, from the newest package
	@.ci/postal
