/**
 * HTTP in and out: forms of a request, answers, errors, health. Entry points: {@link
 * dev.lapidary.serve.http.PredictionServer}, and for one request's way {@link
 * dev.lapidary.serve.http.PredictController}. Runs no network itself.
 */
@NullMarked
package dev.lapidary.serve.http;

import org.jspecify.annotations.NullMarked;
