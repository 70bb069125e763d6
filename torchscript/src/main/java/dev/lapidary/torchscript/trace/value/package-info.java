/** What a program computes with: numbers, lists, objects, and tensors that are known or traced. */
@NullMarked
package dev.lapidary.torchscript.trace.value;

import org.jspecify.annotations.NullMarked;
