//! Checkpoints to artifacts.

use crate::pack::{Input, pack};
use crate::{Artifact, Model, example};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A checkpoint's tensors before they are written.
struct Checkpoint(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

impl Checkpoint {
    /// Of the example's sizes, all F32.
    fn floats() -> Self {
        let mut checkpoint = Checkpoint(Vec::new());
        let config = example::config();
        for matrix in config.matrices() {
            let rows = matrix.rows.unwrap_or(256);
            let values: Vec<f32> =
                (0..rows * matrix.cols).map(|index| ((index * 37 % 101) as f32 - 50.0) / 500.0).collect();
            checkpoint.set(&matrix.name, &[rows, matrix.cols], &values);
        }
        for block in 0..2 {
            checkpoint.set(&format!("blocks.{block}.attention.gain"), &[2], &[0.25, 1.0]);
        }
        checkpoint
    }

    fn set(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.set_raw(name, Dtype::F32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    fn set_raw(&mut self, name: &str, dtype: Dtype, shape: &[usize], data: Vec<u8>) {
        self.remove(name);
        self.0.push((name.into(), dtype, shape.into(), data));
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|(other, ..)| other != name);
    }

    fn write(&self) -> Vec<u8> {
        let views = self.0.iter().map(|(name, dtype, shape, data)| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), data).expect("consistent"))
        });
        safetensors::serialize(views, None).expect("serialisable")
    }

    fn pack(&self, config: &str) -> Result<Vec<u8>, Vec<String>> {
        let bytes = self.write();
        let checkpoint = Input { path: "c.safetensors", bytes: &bytes };
        pack(Some(checkpoint), Input { path: "c.json", bytes: config.as_bytes() })
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }
}

const CODECS: &str = r#"{"embedding":"i8","blocks.*.mlp.up":"i4","blocks.*.mlp.gate":"bit1","*":"trit5"}"#;

/// The example's configuration with more fields.
fn config(fields: &str) -> String {
    let json = Model::Ternary(example::config()).to_json();
    format!("{},{fields}}}", &json[..json.len() - 1])
}

#[track_caller]
fn expect(result: Result<Vec<u8>, Vec<String>>, fragments: &[&str]) {
    let faults = result.expect_err("a fault");
    let all = fragments.iter().all(|fragment| faults.iter().any(|fault| fault.contains(fragment)));
    assert!(all && faults.len() == fragments.len(), "expected {fragments:#?}, found {faults:#?}");
}

#[test]
fn a_float_checkpoint_becomes_an_artifact_near_to_it() {
    let checkpoint = Checkpoint::floats();
    let file = checkpoint.pack(&config(&format!("\"codecs\":{CODECS}"))).expect("packed");
    let artifact = Artifact::read(&file).expect("valid");
    let data = |name: &str| {
        let tensor = artifact.tensors().iter().find(|tensor| tensor.name == name).expect("there");
        &file[tensor.offset..tensor.offset + tensor.bytes]
    };
    let scales: Vec<f64> =
        crate::tensors::halves(data("embedding.scale")).map(|code| crate::Scale(code).to_f64()).collect();
    for (index, &level) in data("embedding.i8").iter().enumerate() {
        let real = f64::from(((index * 37 % 101) as f32 - 50.0) / 500.0);
        let packed = f64::from(level as i8) * scales[index / 16];
        // Half a step, and the scale's own rounding.
        assert!(
            (packed - real).abs() <= scales[index / 16] * 0.5 + real.abs() / 2_048.0 + 1e-9,
            "{index}: {packed} for {real}"
        );
    }
    let gains: Vec<u16> = crate::tensors::halves(data("blocks.0.attention.gain")).collect();
    assert_eq!(gains, [114, 455]);
    assert!(artifact.image().is_ok());
}

#[test]
fn half_precision_packs_like_single_where_it_is_exact() {
    let mut single = Checkpoint::floats();
    let values: Vec<f32> = (0..256 * 16).map(|index| ((index % 5) as f32 - 2.0) / 8.0).collect();
    single.set("embedding", &[256, 16], &values);
    let config = config(&format!("\"codecs\":{CODECS}"));
    let expected = single.pack(&config).expect("packed");
    // -0.25, -0.125, 0, 0.125, 0.25
    for (dtype, codes) in
        [(Dtype::F16, [0xb400, 0xb000, 0, 0x3000, 0x3400]), (Dtype::BF16, [0xbe80, 0xbe00, 0, 0x3e00, 0x3e80u16])]
    {
        let data = (0..256 * 16).flat_map(|index| codes[index % 5].to_le_bytes()).collect();
        single.set_raw("embedding", dtype, &[256, 16], data);
        assert_eq!(single.pack(&config).expect("packed"), expected);
    }
}

#[test]
fn whole_numbers_pass_through() {
    let mut checkpoint = Checkpoint::floats();
    let levels: Vec<u8> = (0..256 * 16)
        .map(|index| (index % 255) as i8 as u8)
        .map(|level| if level == 128 { 0 } else { level })
        .collect();
    checkpoint.set_raw("embedding", Dtype::I8, &[256, 16], levels.clone());
    checkpoint.set_raw("embedding.scale", Dtype::U16, &[1], vec![12, 34]);
    checkpoint.set_raw("blocks.0.attention.gain", Dtype::U16, &[2], vec![1, 2, 3, 4]);
    let with_codecs = config(&format!("\"codecs\":{CODECS}"));
    let file = checkpoint.pack(&with_codecs).expect("packed");
    let artifact = Artifact::read(&file).expect("valid");
    for (name, expected) in [
        ("embedding.i8", levels.as_slice()),
        ("embedding.scale", &[12, 34]),
        ("blocks.0.attention.gain", &[1, 2, 3, 4]),
    ] {
        let tensor = artifact.tensors().iter().find(|tensor| tensor.name == name).expect("there");
        assert_eq!(&file[tensor.offset..tensor.offset + tensor.bytes], expected);
    }
    // The same with a scale in floating point: 0x220c is 272 * 2^-12.
    checkpoint.set("embedding.scale", &[1], &[272.0 / 4_096.0]);
    let again = checkpoint.pack(&with_codecs).expect("packed");
    assert_eq!(again.len(), file.len());
    checkpoint.remove("embedding.scale");
    expect(checkpoint.pack(&with_codecs), &["whole numbers without scales: add `embedding.scale`"]);
    checkpoint.set("embedding.scale", &[3], &[1.0; 3]);
    expect(checkpoint.pack(&with_codecs), &["its shape is [3], but must be [1], [256] or [256, a divisor of 16]"]);
    checkpoint.set("embedding.scale", &[1], &[-1.0]);
    expect(checkpoint.pack(&with_codecs), &["the scale -1: keep scales within 0 and 2047"]);
    checkpoint.set("embedding.scale", &[1], &[1.0]);
    let four = config("\"codecs\":{\"*\":\"i4\"}");
    expect(checkpoint.pack(&four), &["the weight 8, which `i4` can't store: keep to -8 to 7, or name another codec"]);
}

#[test]
fn vocabularies_come_from_either_file() {
    let tokens: Vec<String> = (0..=255)
        .map(|byte| if byte == b'a' { "\"a\"".into() } else { format!("{{\"hex\":\"{byte:02X}\"}}") })
        .collect();
    let fields =
        |more: &str| config(&format!("\"codecs\":{{\"*\":\"trit5\"}},\"vocabulary\":[{}{more}]", tokens.join(",")));
    let checkpoint = Checkpoint::floats();
    let packed = checkpoint.pack(&fields(",\"the\"")).expect("packed");
    let artifact = Artifact::read(&packed).expect("valid");
    let vocabulary = artifact.vocabulary();
    assert_eq!(
        (vocabulary[97], vocabulary[255], vocabulary[256]),
        (b"a".as_slice(), [255].as_slice(), b"the".as_slice())
    );
    for (more, fault) in [
        (",\"\"", "the token is 0 bytes long: give it 1 to 255 bytes"),
        (",{\"hex\":\"abc\"}", "`hex` is not pairs of hexadecimal digits"),
        (",{\"hxe\":\"ab\"}", "unknown field `hxe`"),
        (",7", "the token is a number"),
    ] {
        let result = checkpoint.pack(&fields(more));
        assert!(result.expect_err("a fault").iter().any(|text| text.contains(fault)), "{fault}");
    }
    expect(
        checkpoint.pack(&fields(",\"a\"")),
        &["tensor `vocabulary.bytes`: token 256 spells the same bytes as token 97"],
    );
    let bpe = config("\"codecs\":{\"*\":\"trit5\"}").replace("\"bytes\"", "\"bpe\"");
    expect(checkpoint.pack(&bpe), &["there is no vocabulary: add `vocabulary` to the configuration"]);
    let mut checkpoint = checkpoint;
    checkpoint.set_raw("vocabulary.lengths", Dtype::U8, &[256], vec![1; 256]);
    checkpoint.set_raw("vocabulary.bytes", Dtype::U8, &[256], (0..=255).rev().collect());
    let packed = checkpoint.pack(&bpe).expect("packed");
    assert_eq!(Artifact::read(&packed).expect("valid").vocabulary()[0], [255]);
    checkpoint.set_raw("vocabulary.bytes", Dtype::I8, &[256], (0..=255).collect());
    expect(checkpoint.pack(&bpe), &["`vocabulary.bytes`, byte"]);
}

#[test]
fn faults_of_the_configuration() {
    let checkpoint = Checkpoint::floats();
    for (fields, fault) in [
        (
            "\"codecs\":{\"embedding\":\"i8\",\"blocks.*\":\"i9\"}",
            "`blocks.*` is `i9`: write `i8`, `i4`, `bit1` or `trit5`",
        ),
        ("\"codecs\":{\"*\":\"i8\",\"blocks.2.*\":\"i4\"}", "no matrix matches `blocks.2.*`"),
        ("\"codecs\":[]", "`codecs` is an array"),
        ("\"codec\":{\"*\":\"i8\"}", "c.json:1:"),
        ("\"codecs\":{\"*\":\"i8\"},\"vocabulary\":{}", "`vocabulary` is an object: write an array"),
        ("\"codecs\":{\"*\":\"i8\"},\"vocabulary\":[]", "`vocabulary` has 0 items: write 256 to 65536"),
    ] {
        expect(checkpoint.pack(&config(fields)), &[fault]);
    }
    let none = checkpoint.pack(&config("\"codecs\":{\"blocks.*\":\"i8\"}"));
    expect(none, &["no codec for `embedding`: name one, for example `\"*\": \"trit5\"`"]);
    let text = config("\"codecs\":{\"*\":\"i8\"}").replace(',', ",\r\n");
    assert!(checkpoint.pack(&text).expect_err("a fault")[0].contains("c.json:1:21: a line ends with CR LF"));
}

#[test]
fn faults_of_the_checkpoint() {
    let config = config(&format!("\"codecs\":{CODECS}"));
    let faulty = |change: &dyn Fn(&mut Checkpoint)| {
        let mut checkpoint = Checkpoint::floats();
        change(&mut checkpoint);
        checkpoint.pack(&config)
    };
    expect(
        faulty(&|c| c.remove("embedding")),
        &["tensor `embedding`: the tensor is missing from the checkpoint: add it"],
    );
    expect(faulty(&|c| c.set("optimizer", &[1], &[0.0])), &["the configuration asks for no such tensor: leave it out"]);
    expect(
        faulty(&|c| c.set("embedding", &[16, 256], &[0.0; 4_096])),
        &["its shape is [16, 256], but must be [rows, 16]"],
    );
    let mut values = [0.5; 4_096];
    values[7] = f32::NAN;
    expect(faulty(&|c| c.set("embedding", &[256, 16], &values)), &["element 7 is NaN"]);
    values[7] = 1e9;
    expect(faulty(&|c| c.set("embedding", &[256, 16], &values)), &["row 0 needs a scale above 2047"]);
    expect(faulty(&|c| c.set("embedding.scale", &[1], &[1.0])), &["scales for weights in floating point"]);
    expect(
        faulty(&|c| c.set_raw("embedding", Dtype::I16, &[256, 16], vec![0; 8_192])),
        &["its dtype is I16: store it as F32"],
    );
    expect(
        faulty(&|c| c.set("blocks.0.attention.gain", &[2], &[1.0, -1.0])),
        &["the gain of head 1 is -1: keep gains within 0 and 36.6"],
    );
    expect(faulty(&|c| c.set("blocks.0.attention.gain", &[1], &[1.0])), &["its shape is [1], but must be [2]"]);
    expect(
        faulty(&|c| c.set("embedding", &[257, 16], &[0.5; 257 * 16])),
        &["tensor `embedding.i8`: 257 rows, but with 256 tokens"],
    );
    let config = Input { path: "c.json", bytes: config.as_bytes() };
    let fault = |checkpoint| pack(checkpoint, config).expect_err("a fault")[0].to_string();
    assert!(fault(None).contains("c.json: the engine `ternary` needs a checkpoint"));
    assert!(
        fault(Some(Input { path: "c.pt", bytes: b"PK\x03\x04" })).starts_with("c.pt: byte 0: not a safetensors file")
    );
}

#[test]
fn engines_without_tensors_need_no_checkpoint() {
    let text = "{\"engine\": \"mix\", \"version\": 1, \"orders\": 4, \"log2_slots\": 16}\n";
    let file = pack(None, Input { path: "c.json", bytes: text.as_bytes() }).expect("packed");
    assert_eq!(Artifact::read(&file).expect("valid").model(), &Model::Mix { orders: 4, log2_slots: 16 });
    let text = text.replace("16}", "16, \"codecs\": {}}");
    assert!(pack(None, Input { path: "c.json", bytes: text.as_bytes() }).is_err());
}
