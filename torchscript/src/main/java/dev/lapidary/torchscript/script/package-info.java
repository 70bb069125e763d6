/**
 * TorchScript's text: lexer, parser, syntax tree, printer and edits, and the state_dict that text
 * and objects give. {@link dev.lapidary.torchscript.script.SourceEdit} changes a text at nodes of
 * its tree, {@link dev.lapidary.torchscript.script.Printer} writes a tree. Start at {@link
 * dev.lapidary.torchscript.script.Program}. Knows no operator and runs nothing.
 */
@NullMarked
package dev.lapidary.torchscript.script;

import org.jspecify.annotations.NullMarked;
