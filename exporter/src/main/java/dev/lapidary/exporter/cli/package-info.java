/**
 * The command {@code exporter}: {@link dev.lapidary.exporter.cli.ExporterMain}; the pipeline itself
 * is {@link dev.lapidary.exporter.cli.OnnxExport}.
 */
@NullMarked
package dev.lapidary.exporter.cli;

import org.jspecify.annotations.NullMarked;
