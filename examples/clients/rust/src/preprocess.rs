//! The card's preprocessing (docs/card.md): Pillow's resize (antialiased, two passes in fixed point), torchvision's
//! centre crop, scale and normalize.
use image::{DynamicImage, ImageDecoder, ImageReader, Rgb, RgbImage};
use serde_json::Value;
use std::error::Error;

pub enum Input {
    Levels(Vec<usize>, Vec<u8>),
    Floats(Vec<usize>, Vec<f32>),
}

pub fn preprocess(card: &Value, path: &str) -> Result<Input, Box<dyn Error>> {
    let rule = &card["preprocessing"];
    let number = |key: &str| rule[key].as_u64().map(|n| n as u32).ok_or(format!("the card has no {key}"));
    let pixels = decode(path, rule["alpha"].as_str().unwrap_or("#000000"))?;
    if card["input"]["anySize"] == true {
        let shape = vec![1, pixels.height() as usize, pixels.width() as usize, 3];
        return Ok(Input::Levels(shape, pixels.into_raw())); // the graph does the rest
    }
    if rule["colour"] != "RGB" {
        return Err(format!("colour {}: this client takes RGB", rule["colour"]).into());
    }
    let (width, height) = (number("cropWidth")?, number("cropHeight")?);
    let pixels = match rule["resize"].as_str() {
        Some("NONE") => pixels,
        Some("EXACT") => resize(pixels, width, height, rule)?,
        Some("SHORTER_SIDE") => {
            let (size, w, h) = (number("resizeSize")?, pixels.width(), pixels.height());
            if w <= h { resize(pixels, size, long(size, h, w), rule)? } else { resize(pixels, long(size, w, h), size, rule)? }
        }
        other => return Err(format!("resize {other:?}: not in this client").into()),
    };
    let pixels = crop(&pixels, width, height);
    let (w, h) = (width as usize, height as usize);
    if card["input"]["dtype"] == "uint8" {
        return Ok(Input::Levels(vec![1, h, w, 3], pixels.into_raw()));
    }
    let by_channel = |key: &str, c: usize| rule[key][c].as_f64().map(|x| x as f32).ok_or(format!("the card has no {key}"));
    let mut floats = Vec::with_capacity(3 * w * h);
    for c in 0..3 {
        let (mean, std) = (by_channel("mean", c)?, by_channel("std", c)?);
        floats.extend(pixels.pixels().map(|p| (f32::from(p[c]) / 255.0 - mean) / std));
    }
    Ok(Input::Floats(vec![1, 3, h, w], floats))
}

/// Upright, on the card's background where it is transparent.
fn decode(path: &str, background: &str) -> Result<RgbImage, Box<dyn Error>> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    if !image.color().has_alpha() {
        return Ok(image.into_rgb8());
    }
    let under = u32::from_str_radix(background.trim_start_matches('#'), 16)?.to_be_bytes();
    let mut to = RgbImage::new(image.width(), image.height());
    for (p, from) in to.pixels_mut().zip(image.into_rgba8().pixels()) {
        let a = u32::from(from[3]);
        for c in 0..3 {
            p[c] = ((u32::from(from[c]) * a + u32::from(under[c + 1]) * (255 - a) + 127) / 255) as u8;
        }
    }
    Ok(to)
}

fn long(size: u32, long: u32, short: u32) -> u32 {
    (u64::from(size) * u64::from(long) / u64::from(short)) as u32
}

type Filter = (f64, fn(f64) -> f64); // how far it reaches, and its curve

fn filter(name: Option<&str>) -> Result<Filter, String> {
    match name {
        Some("BILINEAR") => Ok((1.0, |x| (1.0 - x.abs()).max(0.0))),
        Some("BICUBIC") => Ok((2.0, |x| match x.abs() {
            x if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            x if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5,
            _ => 0.0,
        })),
        Some("LANCZOS") => Ok((3.0, |x| if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 })),
        other => Err(format!("interpolation {other:?}: not in this client")),
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI) }
}

fn resize(from: RgbImage, width: u32, height: u32, rule: &Value) -> Result<RgbImage, Box<dyn Error>> {
    let filter = filter(rule["interpolation"].as_str())?;
    let rows = pass(&from, width, filter, |from, i, line| *from.get_pixel(i, line), from.width(), from.height());
    let rows = RgbImage::from_fn(width, from.height(), |x, y| rows[(y * width + x) as usize]);
    let both = pass(&rows, height, filter, |from, i, line| *from.get_pixel(line, i), rows.height(), width);
    Ok(RgbImage::from_fn(width, height, |x, y| both[(x * height + y) as usize]))
}

/// One direction: `size` pixels become `to` in each of `lines`, one line after the other.
fn pass(from: &RgbImage, to: u32, (reach, filter): Filter, at: fn(&RgbImage, u32, u32) -> Rgb<u8>, size: u32, lines: u32) -> Vec<Rgb<u8>> {
    if size == to {
        return (0..lines).flat_map(|line| (0..size).map(move |i| at(from, i, line))).collect();
    }
    let scale = f64::from(size) / f64::from(to);
    let wide = scale.max(1.0);
    let taps: Vec<(u32, Vec<i64>)> = (0..to)
        .map(|i| {
            let centre = (f64::from(i) + 0.5) * scale;
            let min = (centre - reach * wide + 0.5).max(0.0) as u32;
            let max = ((centre + reach * wide + 0.5) as u32).min(size);
            let exact: Vec<f64> = (min..max).map(|k| filter((f64::from(k) - centre + 0.5) / wide)).collect();
            let sum: f64 = exact.iter().sum();
            (min, exact.iter().map(|w| (w / sum * f64::from(1 << 22)).round() as i64).collect())
        })
        .collect();
    let mut out = Vec::with_capacity((to * lines) as usize);
    for line in 0..lines {
        for (min, weights) in &taps {
            let mut total = [1i64 << 21; 3];
            for (k, weight) in weights.iter().enumerate() {
                let pixel = at(from, min + k as u32, line);
                (0..3).for_each(|c| total[c] += i64::from(pixel[c]) * weight);
            }
            out.push(Rgb(total.map(|t| (t >> 22).clamp(0, 255) as u8)));
        }
    }
    out
}

/// The centre; black where the image is smaller.
fn crop(from: &RgbImage, width: u32, height: u32) -> RgbImage {
    let corner = |size: u32, crop: u32| ((f64::from(size) - f64::from(crop)) / 2.0).round_ties_even() as i64;
    let (left, top) = (corner(from.width(), width), corner(from.height(), height));
    RgbImage::from_fn(width, height, |x, y| {
        let at = (u32::try_from(i64::from(x) + left), u32::try_from(i64::from(y) + top));
        match at {
            (Ok(x), Ok(y)) if x < from.width() && y < from.height() => *from.get_pixel(x, y),
            _ => Rgb([0, 0, 0]),
        }
    })
}
