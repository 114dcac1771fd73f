use tokscan::{format::*,extract::*,model::*,rules::*};
use std::borrow::Cow;
fn main(){
 let src=embedded();
 let reader=Reader::new(&load_formats(&src).unwrap());
 let prov=load_providers(&src).unwrap(); let (ev,_)=load_events(&src).unwrap();
 let ex=Extractor::new(&ev,&prov,load_vocabulary(&src).unwrap());
 let mode=std::env::args().nth(1).unwrap();
 for f in std::env::args().skip(2){
  let t=std::fs::read_to_string(&f).unwrap_or_default();
  let mut recs:Vec<String>=vec![];
  for l in t.lines(){ if let Some(p)=recs.last_mut() && (l.starts_with(' ')||l.starts_with('}')) {p.push('\n');p.push_str(l);} else {recs.push(l.into())}}
  if t.trim_start().starts_with('[') && t.trim_start()[1..].trim_start().starts_with('{') {recs=vec![t.clone()]}
  for r in recs{
   let mut set=EventSet{sources:vec![f.clone()],..Default::default()};
   let pos=Position{source:0,byte_start:0,byte_end:0,line:1};
   let mut n=0;
   let clock=Clock{zone:Zone::UTC,year_hint:Some((2026,12))};
   let arena=bumpalo::Bump::new();
   reader.read(&arena,r.as_bytes(),&clock,&mut |rec|{ if let Some(e)=ex.extract(rec,pos,&|t|Cow::Borrowed(t),&mut set.symbols){set.events.push(e);n+=1;}
     else if mode=="miss" && (r.contains("efresh")||r.contains("invalid_")) {println!("MISS {} {}",rec.format,&r.chars().take(300).collect::<String>())} 
     if mode=="rec" {println!("{:?}",rec)}});
   if mode=="ev" {for e in &set.events{ let w=serde_json::to_value(set.row(e)).unwrap(); let m:Vec<String>=w.as_object().unwrap().iter().filter(|(k,v)|!v.is_null()&&!["path","line","byte_start","byte_end","time_precision"].contains(&k.as_str())).map(|(k,v)|format!("{k}={v}")).collect(); println!("{}",m.join(" "));}}
  }}
}
