package dev.lapidary.torchscript.script;

/**
 * A part of a text.
 *
 * @param start of its characters, from 0
 * @param end behind its last one
 */
public record Span(int start, int end) {}
