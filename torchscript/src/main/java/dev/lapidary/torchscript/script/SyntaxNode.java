package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;

/** A part of a program's text that has a place in it. Nobody changes the lists and maps of one. */
public sealed interface SyntaxNode permits Definition, Statement, Expression {
  SourceLocation at();
}
