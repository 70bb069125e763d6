/** Where the shipped images come from: Fashion-MNIST's IDX files, cut into image folders. */
@NullMarked
package dev.lapidary.quickstart.data;

import org.jspecify.annotations.NullMarked;
