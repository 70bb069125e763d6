package dev.lapidary.serve.bench;

/** One that each request has, such as {@code Authorization}. */
public record RequestHeader(String name, String value) {}
