//! classify MODEL.onnx... IMAGE...: one JSON line an image. All that is said of a model is its card's.
//! ORT_DYLIB_PATH names the library of ONNX Runtime.
mod preprocess;

use ort::{environment::Environment, session::Session, value::Tensor};
use preprocess::{Input, preprocess};
use serde_json::{Value, json};
use std::{error::Error, time::Instant};

fn classify(environment: &Environment, model: &str, images: &[String]) -> Result<(), Box<dyn Error>> {
    let mut session = Session::builder(environment)?.commit_from_file(model)?;
    let card = session.metadata()?.custom("lapidary.card").ok_or("no lapidary.card; export it with exporter onnx")?;
    let card: Value = serde_json::from_str(&card)?;
    let format = card["format"].as_u64().unwrap_or(1);
    if format > 2 {
        return Err(format!("a card of format {format}, expected at most 2: use a newer client").into());
    }
    let name = session.outputs()[0].name().to_string();
    for image in images {
        let tensor = match preprocess(&card, image)? {
            Input::Levels(shape, levels) => Tensor::from_array((shape, levels))?.into_dyn(),
            Input::Floats(shape, floats) => Tensor::from_array((shape, floats))?.into_dyn(),
        };
        let begin = Instant::now();
        let found = session.run(ort::inputs![tensor])?;
        let millis = begin.elapsed().as_secs_f64() * 1e3;
        let outputs = found[name.as_str()].try_extract_tensor::<f32>()?.1;
        let classes = classes(&card, outputs);
        println!("{}", json!({"model": model, "image": image, "classes": classes, "outputs": outputs, "millis": millis}));
    }
    Ok(())
}

/// Labels by probability, of the numbers that the file gives.
fn classes(card: &Value, outputs: &[f32]) -> Vec<Value> {
    let mut scores: Vec<f64> = outputs.iter().map(|&x| x.into()).collect();
    if card["scores"].as_str().unwrap_or("logits") == "logits" {
        if card["activation"] == "sigmoid" {
            scores.iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp()));
        } else {
            let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            scores.iter_mut().for_each(|x| *x = (*x - greatest).exp());
            let sum: f64 = scores.iter().sum();
            scores.iter_mut().for_each(|x| *x /= sum);
        }
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let label = |i: usize| card["labels"][i].as_str().map_or(i.to_string(), String::from);
    order.iter().take(5).map(|&i| json!({"label": label(i), "index": i, "probability": scores[i]})).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let (models, images): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.ends_with(".onnx"));
    let environment = ort::init().with_telemetry(false).build()?;
    let mut failed = 0;
    for model in &models {
        if let Err(e) = classify(&environment, model, &images) {
            eprintln!("error: {model}: {e}");
            failed = 1;
        }
    }
    std::process::exit(failed)
}
