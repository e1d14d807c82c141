//! Artifacts taken apart, changed, and put together again.

mod coded;
mod configuration;
mod container;
mod grams;
mod packing;
mod properties;
mod weights;

use crate::header::Dtype;
use crate::write::{Tensor, write};
use crate::{Artifact, example};
use safetensors::SafeTensors;

/// The example's configuration and tensors.
struct Parts {
    config: String,
    tensors: Vec<Tensor<'static>>,
}

impl Parts {
    fn tiny() -> Self {
        let file = example::tiny(1);
        let read = SafeTensors::deserialize(&file).expect("a safetensors file");
        let tensors = read.tensors().into_iter().map(|(name, view)| {
            let dtype = Dtype::NAMES.iter().find(|(_, name)| *name == view.dtype().to_string()).expect("known").0;
            Tensor { name, dtype, shape: view.shape().to_vec(), data: view.data().to_vec().into() }
        });
        Parts { config: crate::Model::Ternary(example::config()).to_json(), tensors: tensors.collect() }
    }

    fn tensor(&mut self, name: &str) -> &mut Tensor<'static> {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).expect("it is there")
    }

    fn remove(&mut self, name: &str) {
        self.tensor(name);
        self.tensors.retain(|tensor| tensor.name != name);
    }

    fn add(&mut self, name: &str, dtype: Dtype, shape: &[usize], data: Vec<u8>) {
        self.tensors.push(Tensor { name: name.into(), dtype, shape: shape.into(), data: data.into() });
    }

    fn write(&self) -> Vec<u8> {
        write(&self.config, &self.tensors)
    }
}

/// A file with another header.
fn with_header(file: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
    let header = change(String::from_utf8(file[8..8 + length].to_vec()).expect("UTF-8"));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &file[8 + length..]].concat()
}

/// All faults of a file as a user reads them.
fn faults(file: &[u8]) -> Vec<String> {
    match Artifact::read(file) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// Asserts that exactly these faults are there, by parts of their messages, in any order.
#[track_caller]
fn expect(file: &[u8], fragments: &[&str]) {
    let faults = faults(file);
    let all = fragments.iter().all(|fragment| faults.iter().any(|fault| fault.contains(fragment)));
    assert!(all && faults.len() == fragments.len(), "expected {fragments:#?}, found {faults:#?}");
}

#[test]
fn the_example_is_an_artifact() {
    let file = example::tiny(1);
    let artifact = Artifact::read(&file).expect("valid");
    assert_eq!(artifact.model(), &crate::Model::Ternary(example::config()));
    assert_eq!(artifact.vocabulary().len(), 256);
    // Weights: 256 * 16 of the embedding, then per block query 256, key and value 128 each, output 256, and up, gate
    // and down 512 each.
    let scales: usize = artifact.tensors().iter().filter(|t| t.name.ends_with(".scale")).map(|t| t.bytes / 2).sum();
    assert_eq!(artifact.parameters(), 4_096 + 2 * (768 + 1_536) + 2 * 2 + scales as u64);
    let tensors: usize = artifact.tensors().iter().map(|tensor| tensor.bytes).sum();
    assert_eq!(artifact.header_bytes() + tensors, file.len());
    let query =
        artifact.tensors().iter().find(|tensor| tensor.name == "blocks.1.attention.query.trit5").expect("there");
    assert_eq!((query.shape.as_slice(), query.bytes), ([16, 16].as_slice(), 16 * 4));
    let image = artifact.image().expect("an image");
    let image = golf_ternary::Image::new(&image).expect("which reads");
    assert_eq!(image.shape(), &example::config().shape(256, 256));
    assert_eq!(file, example::tiny(1));
    assert_ne!(file, example::tiny(2));
}

#[test]
fn writing_does_not_depend_on_the_order_of_the_tensors() {
    let mut parts = Parts::tiny();
    let file = parts.write();
    assert_eq!(file, example::tiny(1));
    parts.tensors.reverse();
    assert_eq!(file, parts.write());
}

#[test]
fn engines_without_tensors_are_a_header_and_nothing_else() {
    for model in [crate::Model::Uniform, crate::Model::Mix { orders: 6, log2_slots: 20 }] {
        let file = write(&model.to_json(), &[]);
        let artifact = Artifact::read(&file).expect("valid");
        assert_eq!((artifact.model(), artifact.parameters(), artifact.header_bytes()), (&model, 0, file.len()));
        let fault = artifact.image().expect_err("no image").to_string();
        assert!(fault.contains(&format!("the engine `{}` has no image", model.engine())), "{fault}");
    }
}
